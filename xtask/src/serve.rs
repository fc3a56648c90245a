//! `cargo xtask serve`: the page on this machine.

use crate::server::Server;
use crate::shell::{Outcome, Trouble};
use crate::{page, place, setup, shell};

const PORT: u16 = 8080;

/// Options of the command.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    port: Option<u16>,
    dev: bool,
}

/// Sets up, builds, serves until it is stopped.
pub fn main(args: &[String]) -> Outcome<bool> {
    let options = options(args)?;
    let tools = setup::for_page()?;
    if options.dev {
        let port = options.port.unwrap_or(PORT).to_string();
        println!("• Trunk builds at every change, without optimisation, and reloads the page");
        return shell::step(
            &format!("Serving http://127.0.0.1:{port}/"),
            "choose another port with --port if this one is taken; else read the message above",
            page::trunk(&tools).args(["serve", "--address", "127.0.0.1", "--port", &port]),
        )
        .map(|()| true);
    }
    page::build(&tools)?;
    let server = Server::open(place::dist(), options.port, PORT)?;
    println!("\nAckscope is at {}  (Ctrl+C ends it)", server.address());
    server.run();
    Ok(true)
}

fn options(args: &[String]) -> Outcome<Options> {
    let mut options = Options::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--dev" => options.dev = true,
            "--release" => options.dev = false,
            "--port" => {
                let port = args.next().and_then(|port| port.parse().ok());
                options.port = Some(port.ok_or_else(|| {
                    Trouble::new("--port needs a number", "write for example --port 8081")
                })?);
            }
            other => {
                return Err(Trouble::new(
                    format!("serve does not know “{other}”"),
                    "write cargo xtask serve [--port N] [--release|--dev]",
                ));
            }
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Outcome<Options> {
        let args: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        options(&args)
    }

    #[test]
    fn options_are_read() {
        let port = |port, dev| Ok(Options { port, dev });
        assert_eq!(read(""), port(None, false));
        assert_eq!(read("--port 9000 --dev"), port(Some(9000), true));
        assert_eq!(read("--release"), port(None, false));
        for wrong in ["--port", "--port x", "--port 70000", "--fast"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
