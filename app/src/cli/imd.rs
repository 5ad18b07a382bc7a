//! A server of the IMD protocol, version 3, through which viewers follow a run while it goes on: MDAnalysis
//! (`imd://`, package imdclient), VMD, Molecular Nodes.
//!
//! It sends time and coordinates of the first replica, little-endian; there is no periodic box, and there are no
//! energies, velocities and forces. One client at a time is served, on the thread that waits for events of the run:
//! nothing here blocks, so a slow client holds up nothing but itself.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use equijump_engine::session::FrameHistory;

/// Types of messages (imdclient.readthedocs.io, protocol version 3).
mod message {
    pub const DISCONNECT: i32 = 0;
    pub const FCOORDS: i32 = 2;
    pub const GO: i32 = 3;
    pub const HANDSHAKE: i32 = 4;
    pub const KILL: i32 = 5;
    pub const MDCOMM: i32 = 6;
    pub const PAUSE: i32 = 7;
    pub const TRATE: i32 = 8;
    pub const SESSION_INFO: i32 = 10;
    pub const RESUME: i32 = 11;
    pub const TIME: i32 = 12;
    pub const WAIT: i32 = 16;
}

const VERSION: i32 = 3;
const HEADER_BYTES: usize = 8;
/// Frames wait on our side once this much is under way to the client.
const OUTGOING_BYTES: usize = 4 << 20;
/// A client that takes nothing for so long after the end of the run is left.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a client has to close the connection after the last frame.
const LEAVE: Duration = Duration::from_secs(5);

/// Where the server listens: a port on the loopback interface, or an address with a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ImdAddress(SocketAddr);

impl FromStr for ImdAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(port) = text.parse() {
            return Ok(Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)));
        }
        text.parse()
            .map(Self)
            .map_err(|_| "give a port, 8889, or an address with a port, 0.0.0.0:8889".to_owned())
    }
}

/// What the client wants of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    /// It shall not go on for now.
    pub pause: bool,
    /// It shall end.
    pub stop: bool,
}

/// The server.
pub(super) struct ImdServer {
    listener: TcpListener,
    client: Option<Client>,
    run: Option<(Arc<FrameHistory>, u64)>,
    /// The run waits while there is no client.
    wait: bool,
    stop: bool,
    /// The frame after the last one that was sent to any client.
    next_frame: u64,
}

struct Client {
    stream: TcpStream,
    incoming: Vec<u8>,
    /// Bytes of a message that are to be passed over.
    ignored: usize,
    outgoing: Vec<u8>,
    sent: usize,
    /// It has said that it is ready.
    started: bool,
    paused: bool,
    next_frame: u64,
    every: u64,
}

impl ImdServer {
    /// Listens. With `wait` the run makes no frame before a client is ready.
    pub fn listen(address: ImdAddress, wait: bool) -> io::Result<Self> {
        let listener = TcpListener::bind(address.0)?;
        listener.set_nonblocking(true)?;
        Ok(Self { listener, client: None, run: None, wait, stop: false, next_frame: 0 })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Takes over the frames of a run that began, from the one before `first_new_frame` on. There may be some already: a
    /// client that was early has let the run go on before this is told.
    pub fn begin(&mut self, history: Arc<FrameHistory>, first_new_frame: u64) {
        let first = first_new_frame.saturating_sub(1);
        self.next_frame = first;
        self.run = Some((history, first));
    }

    /// Hears and tells what there is, without waiting.
    pub fn poll(&mut self) -> Wishes {
        if self.client.is_none() {
            self.accept();
        }
        // A client that went away, or cannot be reached, is let go; the run goes on without it.
        if let Some(mut client) = self.client.take()
            && matches!(self.serve(&mut client), Ok(true))
        {
            self.client = Some(client);
        }
        let ready = self.client.as_ref().is_some_and(|client| client.started);
        let paused = self.client.as_ref().is_some_and(|client| client.paused);
        Wishes { pause: !self.stop && (paused || (self.wait && !ready)), stop: self.stop }
    }

    /// After the end of the run: sends what the client has not got yet, and takes leave.
    pub fn finish(mut self) {
        let mut progress = (0, Instant::now());
        while let Some(client) = &self.client {
            let left = client.outgoing.len() - client.sent;
            let frames = self.run.as_ref().map_or(0, |(history, _)| history.len());
            if self.stop || !client.started || (left == 0 && client.next_frame >= frames) {
                break;
            }
            let state = client.next_frame as usize + client.sent;
            if state != progress.0 {
                progress = (state, Instant::now());
            } else if progress.1.elapsed() > PATIENCE {
                break;
            }
            self.wait = false;
            self.poll();
            std::thread::sleep(Duration::from_millis(2));
        }
        let Some(mut client) = self.client.take() else { return };
        // The end of the stream tells it that the run is over. It closes then; if we closed first, with something of
        // its unread, the system would throw away what is still on its way to it.
        let _ = client.stream.shutdown(std::net::Shutdown::Write);
        let deadline = Instant::now() + LEAVE;
        while !self.stop && Instant::now() < deadline && client.receive().unwrap_or(false) {
            client.incoming.clear();
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn accept(&mut self) {
        let Ok((stream, _)) = self.listener.accept() else { return };
        if stream.set_nonblocking(true).is_err() {
            return;
        }
        let _ = stream.set_nodelay(true);
        let mut client = Client {
            stream,
            incoming: Vec::new(),
            ignored: 0,
            outgoing: Vec::new(),
            sent: 0,
            started: false,
            paused: false,
            next_frame: 0,
            every: 1,
        };
        // The byte order of the version is that of all data that follow; headers are big-endian.
        client.outgoing.extend(message::HANDSHAKE.to_be_bytes());
        client.outgoing.extend(VERSION.to_le_bytes());
        // Time, energies, box, coordinates, wrapped coordinates, velocities, forces.
        client.tell(message::SESSION_INFO, 7, &[1, 0, 0, 1, 0, 0, 0]);
        self.client = Some(client);
    }

    /// Whether the client is still there.
    fn serve(&mut self, client: &mut Client) -> io::Result<bool> {
        let mut there = client.receive()?;
        while let Some((kind, length)) = client.next_message() {
            match kind {
                message::GO => {
                    client.started = true;
                    let newest = self.run.as_ref().map_or(0, |(history, _)| history.len().saturating_sub(1));
                    // Where the run waits for clients, none of its frames is left out.
                    client.next_frame = if self.wait { self.next_frame } else { newest };
                }
                message::PAUSE => client.paused = true,
                message::RESUME => client.paused = false,
                message::TRATE => client.every = u64::try_from(length).unwrap_or(1).max(1),
                message::WAIT => self.wait = length != 0,
                message::KILL => self.stop = true,
                message::DISCONNECT => return Ok(false),
                // Forces, with indices of their atoms: an interpolant has no place for them.
                message::MDCOMM if (0..=1 << 20).contains(&length) => client.ignored = 16 * length as usize,
                _ => return Ok(false),
            }
            // What was sent together with the end of the stream still counts.
            there |= kind == message::KILL;
        }
        if let Some((history, first)) = &self.run
            && client.started
            && !client.paused
        {
            client.next_frame = client.next_frame.max(*first);
            while client.next_frame < history.len() && client.outgoing.len() - client.sent < OUTGOING_BYTES {
                client.tell_frame(history)?;
                client.next_frame += 1;
                self.next_frame = self.next_frame.max(client.next_frame);
            }
        }
        client.send()?;
        Ok(there)
    }
}

impl Client {
    fn tell(&mut self, kind: i32, length: i32, body: &[u8]) {
        self.outgoing.extend(kind.to_be_bytes());
        self.outgoing.extend(length.to_be_bytes());
        self.outgoing.extend(body);
    }

    /// The frame that is next, if it is one of those that the client wants.
    fn tell_frame(&mut self, history: &FrameHistory) -> io::Result<()> {
        let frame = self.next_frame;
        if !frame.is_multiple_of(self.every) {
            return Ok(());
        }
        let positions = history.read(frame, 0)?;
        let mut time = Vec::with_capacity(24);
        time.extend(history.frame_interval_ps().to_le_bytes());
        time.extend(history.time_ps(frame).to_le_bytes());
        time.extend((frame as i64).to_le_bytes());
        self.tell(message::TIME, 1, &time);
        let body: Vec<u8> = positions.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
        let atoms = i32::try_from(positions.len()).map_err(io::Error::other)?;
        self.tell(message::FCOORDS, atoms, &body);
        Ok(())
    }

    /// Reads what has arrived. Whether the other side is still open.
    fn receive(&mut self) -> io::Result<bool> {
        let mut bytes = [0; 4096];
        loop {
            // Nobody has that much to say to a run; what waits is read the next time.
            if self.incoming.len() > 1 << 16 {
                return Ok(true);
            }
            match self.stream.read(&mut bytes) {
                Ok(0) => return Ok(false),
                Ok(count) => self.incoming.extend(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
    }

    /// Type and length of the next message that has arrived.
    fn next_message(&mut self) -> Option<(i32, i32)> {
        let passed = self.ignored.min(self.incoming.len());
        self.incoming.drain(..passed);
        self.ignored -= passed;
        let [a, b, c, d, e, f, g, h] = *self.incoming.first_chunk::<HEADER_BYTES>()?;
        self.incoming.drain(..HEADER_BYTES);
        Some((i32::from_be_bytes([a, b, c, d]), i32::from_be_bytes([e, f, g, h])))
    }

    /// Sends as much as the connection takes.
    fn send(&mut self) -> io::Result<()> {
        while self.sent < self.outgoing.len() {
            match self.stream.write(&self.outgoing[self.sent..]) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) => return Err(error),
            }
        }
        self.outgoing.drain(..self.sent);
        self.sent = 0;
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    fn header(kind: i32, length: i32) -> Vec<u8> {
        [kind.to_be_bytes(), length.to_be_bytes()].concat()
    }

    /// Polls until `done`.
    fn poll_until(server: &mut ImdServer, done: impl Fn(&ImdServer, Wishes) -> bool) -> Wishes {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let wishes = server.poll();
            if done(server, wishes) {
                return wishes;
            }
            assert!(Instant::now() < deadline, "the server does not get there");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_port_alone_means_loopback() {
        assert_eq!("8889".parse::<ImdAddress>().unwrap().0.to_string(), "127.0.0.1:8889");
        assert_eq!("0.0.0.0:8889".parse::<ImdAddress>().unwrap().0.to_string(), "0.0.0.0:8889");
        assert!("80000".parse::<ImdAddress>().unwrap_err().contains("port"));
    }

    // Bytes as the protocol prescribes them.
    #[test]
    fn a_client_is_greeted_gets_frames_and_steers() {
        let mut server = ImdServer::listen("0".parse().unwrap(), true).unwrap();
        assert!(server.poll().pause, "the run waits for a client");
        server.begin(Arc::new(FrameHistory::of_frame(&[[1.0, 2.0, 3.0], [-4.5, 0.0, 9.0]]).unwrap()), 1);
        let mut client = TcpStream::connect(server.address().unwrap()).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        poll_until(&mut server, |server, _| server.client.is_some());
        server.poll();
        let mut greeting = [0; 23];
        client.read_exact(&mut greeting).unwrap();
        assert_eq!(greeting, *b"\0\0\0\x04\x03\0\0\0\0\0\0\x0a\0\0\0\x07\x01\0\0\x01\0\0\0");

        client.write_all(&header(message::GO, 0)).unwrap();
        poll_until(&mut server, |_, wishes| !wishes.pause);
        let mut frame = [0; 8 + 24 + 8 + 24];
        client.read_exact(&mut frame).unwrap();
        assert_eq!(frame[..8], *header(message::TIME, 1));
        assert_eq!(frame[8..16], 1.0f64.to_le_bytes());
        assert_eq!(frame[16..32], [0; 16], "time 0, step 0");
        assert_eq!(frame[32..40], *header(message::FCOORDS, 2));
        assert_eq!(frame[52..56], (-4.5f32).to_le_bytes());

        client.write_all(&header(message::PAUSE, 0)).unwrap();
        poll_until(&mut server, |_, wishes| wishes.pause);
        // Forces are passed over, the rate is taken, and nonsense beside it is not.
        client
            .write_all(&[header(message::MDCOMM, 1), vec![255; 16], header(message::TRATE, 5)].concat())
            .unwrap();
        client.write_all(&header(message::RESUME, 0)).unwrap();
        poll_until(&mut server, |_, wishes| !wishes.pause);
        assert_eq!(server.client.as_ref().unwrap().every, 5);
        client.write_all(&header(77, 0)).unwrap();
        poll_until(&mut server, |server, _| server.client.is_none());
        assert!(server.poll().pause, "it waits for the next one");

        let mut client = TcpStream::connect(server.address().unwrap()).unwrap();
        client.write_all(&[header(message::GO, 0), header(message::KILL, 0)].concat()).unwrap();
        drop(client);
        let wishes = poll_until(&mut server, |_, wishes| wishes.stop);
        assert!(!wishes.pause, "a run that shall end does not wait");
    }
}
