#!/usr/bin/python3
"""What a large upload really costs on the wire.

usage: upload_witness.py TARGET_HOST TARGET_PORT COUNTS.jsonl

Two servers on loopback in one process; the first line printed is "FORWARDER_PORT ORIGIN_PORT".
- a TCP forwarder to the target (the proxy under test): when a connection ends, it appends one JSON line to COUNTS.jsonl
  with the bytes that went up and the bytes that came down;
- an HTTP origin that reads a body of any framing and answers with its length and SHA-256.
"""
import hashlib
import http.server
import json
import socket
import socketserver
import sys
import threading

TARGET = (sys.argv[1], int(sys.argv[2]))
COUNTS = sys.argv[3]
LOCK = threading.Lock()


class Forwarder(socketserver.BaseRequestHandler):
    def handle(self):
        with socket.create_connection(TARGET, timeout=60) as upstream:
            count = {"up": 0, "down": 0}
            down = threading.Thread(target=self.pump, args=(upstream, self.request, count, "down"), daemon=True)
            down.start()
            self.pump(self.request, upstream, count, "up")
            down.join(60)
        with LOCK, open(COUNTS, "a") as out:
            out.write(json.dumps(count) + "\n")

    @staticmethod
    def pump(source, sink, count, direction):
        try:
            while data := source.recv(65536):
                count[direction] += len(data)
                sink.sendall(data)
        except OSError:
            pass
        for end in (sink, source):
            try:
                end.shutdown(socket.SHUT_WR if end is sink else socket.SHUT_RD)
            except OSError:
                pass


class Origin(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
        else:
            left = int(self.headers.get("Content-Length", "0"))
            while left and (part := self.rfile.read(min(left, 65536))):
                left -= len(part)
                yield part

    def do_POST(self):
        length, digest = 0, hashlib.sha256()
        for part in self.body():
            length += len(part)
            digest.update(part)
        answer = f"{length} {digest.hexdigest()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_PUT = do_POST


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


forwarder, origin = Server(("127.0.0.1", 0), Forwarder), Server(("127.0.0.1", 0), Origin)
for server in (forwarder, origin):
    threading.Thread(target=server.serve_forever, daemon=True).start()
print(forwarder.server_address[1], origin.server_address[1], flush=True)
threading.Event().wait()
