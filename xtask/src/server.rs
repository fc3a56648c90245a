//! A small server for the files of one folder, on this machine only. HTTP/1.1, one thread and one answer for each connection.

use crate::shell::{OrTrouble, Outcome};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const HEAD_LONGEST: u64 = 64 * 1024;
const PATIENCE: Duration = Duration::from_secs(10);
const PORTS_TRIED: u16 = 20;

/// A folder and the port where it is served.
pub struct Server {
    folder: PathBuf,
    listener: TcpListener,
    port: u16,
}

impl Server {
    /// On the wanted port; if none is wanted, on the first free one from `usual` on.
    pub fn open(folder: PathBuf, wanted: Option<u16>, usual: u16) -> Outcome<Self> {
        let open = |port| TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let listener = match wanted {
            Some(port) => open(port),
            None => (usual..usual.saturating_add(PORTS_TRIED))
                .find_map(|port| open(port).ok())
                .map_or_else(|| open(0), Ok),
        };
        let advice = "choose another port with --port";
        let listener = listener.or_trouble("No port to serve on", advice)?;
        let port = listener
            .local_addr()
            .or_trouble("No port to serve on", advice)?
            .port();
        Ok(Self {
            folder,
            listener,
            port,
        })
    }

    /// Where it is.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Serves until the process ends.
    pub fn run(self) {
        let folder: Arc<Path> = self.folder.into();
        for stream in self.listener.incoming().flatten() {
            let folder = Arc::clone(&folder);
            // A visitor who hangs up early is nobody's trouble.
            thread::spawn(move || answer(&folder, &stream).ok());
        }
    }

    /// Serves beside what else is done here, until the process ends.
    pub fn run_aside(self) {
        thread::spawn(move || self.run());
    }
}

fn answer(folder: &Path, stream: &TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = BufReader::new(stream.take(HEAD_LONGEST));
    let mut first = String::new();
    head.read_line(&mut first)?;
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let reply = reply(folder, &first);
    let mut out = stream;
    write!(
        out,
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        reply.status,
        reply.mime,
        reply.body.len()
    )?;
    if !reply.head_only {
        out.write_all(&reply.body)?;
    }
    out.flush()
}

struct Reply {
    status: &'static str,
    mime: &'static str,
    body: Vec<u8>,
    head_only: bool,
}

fn reply(folder: &Path, request: &str) -> Reply {
    let mut words = request.split_whitespace();
    let (method, target) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let plain = |status: &'static str| Reply {
        status,
        mime: "text/plain; charset=utf-8",
        body: status.as_bytes().to_vec(),
        head_only: method == "HEAD",
    };
    if method != "GET" && method != "HEAD" {
        return plain("405 Method Not Allowed");
    }
    let found = file_of(target).map(|name| {
        let path = folder.join(&name);
        (fs::read(&path), mime(&path))
    });
    match found {
        Some((Ok(body), mime)) => Reply {
            status: "200 OK",
            mime,
            body,
            head_only: method == "HEAD",
        },
        _ => plain("404 Not Found"),
    }
}

/// The file that a request's target names, relative to the folder; none if it leads out of it.
fn file_of(target: &str) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?.strip_prefix('/')?;
    let path = decoded(path)?;
    let mut file = PathBuf::new();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        if part.starts_with('.') || part.contains(['\\', ':', '\0']) {
            return None;
        }
        file.push(part);
    }
    if path.is_empty() || path.ends_with('/') {
        file.push("index.html");
    }
    Some(file)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|end| end.to_str()).unwrap_or("") {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "json" | "webmanifest" => "application/json",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "yaml" | "properties" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_names_a_file_inside() {
        for (target, file) in [
            ("/", Some("index.html")),
            ("/?acks=1#x", Some("index.html")),
            ("/a/", Some("a/index.html")),
            ("/a%20b.css", Some("a b.css")),
            ("/../secret", None),
            ("/%2e%2e/secret", None),
            ("/a/..%2fsecret", None),
            ("/.git/config", None),
            ("/%zz", None),
            ("x", None),
        ] {
            assert_eq!(file_of(target), file.map(PathBuf::from), "{target}");
        }
    }

    #[test]
    fn it_serves_over_a_socket() {
        let folder = place_for_test();
        fs::write(folder.join("page.wasm"), b"\0asm").expect("a file in the folder for tests");
        let server = Server::open(folder, Some(0), 0).expect("any port");
        let at = server.address().replace("http://", "").replace('/', "");
        server.run_aside();
        for (request, wanted) in [
            ("GET /page.wasm HTTP/1.1", "200 OK"),
            ("GET /none HTTP/1.1", "404 Not Found"),
            ("POST / HTTP/1.1", "405 Method Not Allowed"),
        ] {
            let mut stream = TcpStream::connect(&at).expect("the server is there");
            write!(stream, "{request}\r\nHost: x\r\n\r\n").expect("it listens");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("it answers");
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {wanted}")),
                "{answer}"
            );
            assert_eq!(
                answer.contains("Content-Type: application/wasm"),
                wanted == "200 OK"
            );
        }
    }

    fn place_for_test() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("ackscope-server-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for tests");
        folder
    }
}
