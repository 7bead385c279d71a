"""A front with a fault, before a door or the issuer: what the attacks have to notice."""

import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from wire import place_of

WELCOME = (200, [("Content-Type", "application/json")], b"{}")


class Faults:
    """Each method answers a request in place of what is behind, or spoils its answer."""

    def __init__(self):
        self.kept, self.let_in = {}, set()

    def forgets_signatures(self, request, behind):
        return WELCOME if request.token.count(".") == 2 else behind()

    def keeps_answers(self, request, behind):
        """For everybody, whoever asked first."""
        if request.command != "GET":
            return behind()
        if self.kept.get(request.path, (0,))[0] != 200:
            self.kept[request.path] = behind()
        return self.kept[request.path]

    def forgets_endings(self, request, behind):
        if request.token in self.let_in:
            return WELCOME
        answer = behind()
        if answer[0] == 200:
            self.let_in.add(request.token)
        return answer

    def breaks_on_quotes(self, request, behind):
        is_odd = b"'" in request.body or "%27" in request.path
        return (500, [("Content-Type", "application/json")], b'{"error":"syntax"}') if is_odd else behind()

    def takes_its_time(self, request, behind):
        """This server itself waits for ever, for heads and bodies alike."""
        return behind()

    def shares_conversations(self, request, behind):
        answer = behind()
        return WELCOME if answer[0] == 404 else answer


class StandIn:
    """Listens on a free port until the `with` ends."""

    def __init__(self, fault, url):
        spoil = getattr(Faults(), fault)

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name):
                if not name.startswith("do_"):
                    raise AttributeError(name)
                return self.answer

            def answer(self):
                self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.token = self.headers.get("Authorization", "").partition(" ")[2]
                status, headers, body = spoil(self, lambda: forward(self, url))
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128

            def handle_error(self, *_):
                # Half of what is sent here is broken, and the client gone.
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def forward(request, url):
    connection = HTTPConnection(*place_of(url), timeout=30)
    try:
        connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        connection.endheaders(request.body)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()
