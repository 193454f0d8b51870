"""The two sides of a handshake: processes that speak the lines of crates/spnego/examples/pipe.rs."""
import itertools
import os
import subprocess
import threading


class Failure(Exception):
    """What a cell fails with."""


class Side:
    """A process that speaks the lines of pipe.rs."""

    def __init__(self, command, environment):
        self.name = command[-4]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
        # Whoever hangs is ended, and then says so.
        self.timer = threading.Timer(60, self.process.kill)
        self.timer.start()

    def ask(self, *words):
        """The answer's words, whatever they are."""
        try:
            self.process.stdin.write(" ".join(words) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failure(f"{self.name} ended: {self.process.communicate()[1].strip().splitlines()[-1:]}")
        return line.split()

    def get(self, *words):
        """What comes back under the same word."""
        answer = self.ask(*words)
        if answer[0] != words[0]:
            raise Failure(f"{self.name}, {words[0]}: {' '.join(answer)}")
        return answer[1:]

    def close(self):
        try:
            self.process.communicate()
        except (BrokenPipeError, ValueError):
            self.process.wait()
        self.timer.cancel()


def handshake(client, server):
    """None when both sides are done, or who denied the logon."""
    token, done = "-", set()
    for speaker, listener in itertools.islice(itertools.cycle([(client, server), (server, client)]), 12):
        answer = speaker.ask("STEP", token)
        if answer[0] == "DENIED":
            return speaker
        if answer[0] not in ("STEP", "DONE"):
            raise Failure(f"{speaker.name}: {' '.join(answer)}")
        word, token = answer
        if word == "DONE":
            done.add(speaker)
        if listener in done:
            if word == "DONE" and token == "-":
                return None
            raise Failure(f"a token too many from the {speaker.name}")
    raise Failure("the handshake does not end")


def compare(ours, theirs):
    if (key := ours.get("KEY")) != theirs.get("KEY"):
        raise Failure("the session keys differ")
    if key == ["-"]:
        raise Failure("no session key")
    ours_flags, theirs_flags = ours.get("FLAGS")[0], theirs.get("FLAGS")[0]
    if "-" not in (ours_flags, theirs_flags):
        # What CHALLENGE says of itself (TARGET_TYPE_DOMAIN, _SERVER, TARGET_INFO, VERSION) not all count among the settled.
        differ = (int(ours_flags, 16) ^ int(theirs_flags, 16)) & ~0x02830000
        if differ:
            raise Failure(f"flags: ours {ours_flags}, theirs {theirs_flags}")
