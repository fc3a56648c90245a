//! The project's commands. `cargo xtask` alone lists them.

mod bench;
mod conform;
mod digest;
mod gate;
mod mutate;
mod page;
mod place;
mod run;
mod serve;
mod server;
mod setup;
mod shell;

use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask serve [--port N] [--dev]     set up what is missing, build the page, serve it on this machine
cargo xtask test [--quick]               the whole gate; --quick: only what needs no page and no browser
cargo xtask test --browser [FILTER]      only the browser tests, or those whose file or title fits
cargo xtask run FILE [--json] [--seed N] run a scenario text (- reads standard input): what happened, the ledger, the verdict
cargo xtask conform [DIR] [--scene ID]   play recordings of a real cluster through the model and compare
cargo xtask mutate [--renew] [NAME...]   break rules of the model on purpose and compare what fails with what must
cargo xtask bench [--native]             the benchmarks as a table; --native: only what needs no browser";

fn main() -> ExitCode {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    if args.is_empty() {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    match args.remove(0).as_str() {
        "serve" => finish(serve::main(&args)),
        "test" => finish(gate::main(&args)),
        "bench" => finish(bench::main(&args)),
        "mutate" => finish(mutate::main(&args)),
        "run" => run::main(&args),
        "conform" => conform::main(&args),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        other => {
            eprintln!("There is no command “{other}”.\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn finish(outcome: shell::Outcome<bool>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("\n{trouble}");
            ExitCode::FAILURE
        }
    }
}
