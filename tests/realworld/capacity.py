#!/usr/bin/env python3
"""capacity.py EXAMPLES - what a login and an idle connection cost the mock proxy, and what they cost Squid with ntlm_auth

EXAMPLES is the directory of the built examples of gatepass-mock-proxy (target/release/examples). Logins are counted against the
CPU time of the processes that serve them, so that what else the machine does matters little: the mock, and on the other side
the Squid of RW_NTLM with its helpers, and once more with winbind and the domain controller behind them. Of several rounds
that with the least time counts. A figure of a shared machine is no test: this prints, and asserts only that the logins succeed.
"""
import os
import re
import subprocess
import sys
import time

ROUNDS, LOGINS, AT_ONCE, IDLE = 5, 1000, 8, 500
TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def processes():
    """Number, parent and command line of each process."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = open(f"/proc/{name}/cmdline", "rb").read().replace(b"\0", b" ").decode(errors="replace")
            parent = int(open(f"/proc/{name}/stat").read().rpartition(")")[2].split()[1])
            yield int(name), parent, line
        except OSError:
            pass


def family(pattern):
    """The processes whose command line has `pattern` in it, and their descendants."""
    everyone = list(processes())
    found = {pid for pid, _, line in everyone if re.search(pattern, line) and pid != os.getpid()}
    while more := {pid for pid, parent, _ in everyone if parent in found and pid not in found}:
        found |= more
    return found


def cpu(pids):
    """Seconds of CPU time that `pids` have taken."""
    total = 0
    for pid in pids:
        fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident(pids):
    return sum(int(open(f"/proc/{pid}/statm").read().split()[1]) for pid in pids) * PAGE


def logins(load, where, *groups):
    """For each group of processes the least CPU time of a login, in seconds."""
    best = [float("inf")] * len(groups)
    for _ in range(ROUNDS):
        before = [cpu(pids) for pids in groups]
        subprocess.run([load, *where, str(LOGINS), str(AT_ONCE)], check=True, stdout=subprocess.DEVNULL, timeout=600)
        spent = [cpu(pids) - was for pids, was in zip(groups, before)]
        best = [min(pair) for pair in zip(best, (seconds / LOGINS for seconds in spent))]
    return best


def idle(load, where, pids):
    """Bytes of memory that a connection takes which has logged in and lies idle."""
    # What grows only once has grown before.
    subprocess.run([load, *where, str(IDLE), str(AT_ONCE)], check=True, stdout=subprocess.DEVNULL, timeout=600)
    time.sleep(1.5)
    before = resident(pids)
    with subprocess.Popen([load, *where, str(IDLE), str(AT_ONCE), "hold"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"done\n"
        after = resident(pids)
        holder.stdin.close()
    return (after - before) / IDLE


def main(examples):
    load = os.path.join(examples, "load")
    with subprocess.Popen([os.path.join(examples, "mock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mock:
        url = mock.stdout.readline().split()[-1].removeprefix("http://")
        where = [url, "http://origin.test/status/204", "CORP\\alice", "pw"]
        [ours] = logins(load, where, {mock.pid})
        memory = idle(load, where, {mock.pid})
        mock.stdin.close()
        mock.stdout.read()
    print(f"mock proxy: {1 / ours:.0f} logins a second and core, {memory / 1024:.1f} KiB an idle connection")
    squid = family(r"^squid .*squid-ntlm\.conf")
    domain = squid | family(r"winbindd.*--foreground|^winbindd -D|^samba: root")
    where = [os.environ["RW_NTLM"].removeprefix("http://"), "http://web.corp.test:18080/", "CORP\\alice", "Passw0rd!"]
    alone, whole = logins(load, where, squid, domain)
    memory = idle(load, where, squid)
    print(f"Squid with ntlm_auth: {1 / alone:.0f} logins a second and core, {memory / 1024:.1f} KiB an idle connection")
    print(f"  with winbind and the domain controller: {1 / whole:.0f}")
    print(f"a login costs Squid with ntlm_auth {alone / ours:.1f} times what it costs the mock, with the domain behind it {whole / ours:.1f} times")


if __name__ == "__main__":
    main(sys.argv[1])
