"""Answers each snapshot with counters that have grown by known amounts."""
import json, signal, socket, sys, threading, time

control = sys.argv[sys.argv.index("--control") + 1]
listener = socket.socket(socket.AF_UNIX)
listener.bind(control)
listener.listen()
asked = 0


def report(event):
    worker = lambda index, share: {
        "worker": index, "accepted": 6,
        "requests": share * asked, "cpu_ns": 1000 * asked,
        "voluntary_switches": 2 * asked, "involuntary_switches": asked, "wakeups": asked,
        "eagain_accepts": 3 * asked, "handoffs": 4 * asked, "steals": 5 * asked, "role": "loop", "connections": asked,
        "syscalls": {"epoll_wait": 10 * asked, "recv": 20 * asked, "send": 30 * asked,
                     "accept": 0, "other": 40 * asked}}
    return {"event": event, "monotonic_ns": 250_000_000 * asked,
            "workers": [worker(0, 300), worker(1, 100)], "cpu_ns": 4_000_000 * asked,
            "rss_peak_bytes": 7}


def answer():
    global asked
    while True:
        peer, _ = listener.accept()
        if peer.recv(100) == b"snapshot\n":
            asked += 1
            peer.sendall((json.dumps(report("snapshot")) + "\n").encode())
        peer.close()


def stop(*_):
    print(json.dumps(report("stopped")), flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, stop)
threading.Thread(target=answer, daemon=True).start()
print('{"event":"ready","listen":"127.0.0.1:4242","pid":1,"pattern":"p","threads":2}', flush=True)
while True:
    time.sleep(0.01)
