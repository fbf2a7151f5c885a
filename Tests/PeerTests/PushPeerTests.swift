import Basis
import Serve
import TestSupport
import Testing

/// Events of our server as foreign clients have them.
@Suite("push: foreign peers", .serialized)
struct PushPeerTests {
    @Test(
        "subscribers by every way have what publishers by every way say, in every pattern",
        .enabled(if: PythonOracle.isPresent, PythonOracle.absence),
        arguments: PatternID.movingBytes.filter(\.takesEvents).map(\.rawValue))
    func fanOut(pattern: String) throws {
        let server = try ServerUnderTest(pattern)
        let script = """
            import http.client, threading, time
            from websockets.sync.client import connect
            port, count = given["port"], 40
            late, got, ready = [], {}, threading.Barrier(9, timeout=60)

            def ask(method, path, body=None, last=None):
                talk = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                talk.request(method, path, body, {} if last is None else {"Last-Event-ID": last})
                return talk.getresponse()

            def events(answer):
                data, number = [], None
                for line in answer:
                    line = line.decode().rstrip("\\n")
                    if line.startswith("id: "): number = line[4:]
                    elif line.startswith("data: "): data.append(line[6:])
                    elif line == "":
                        yield number, "\\n".join(data) if data else None
                        data = []

            def web_socket(name):
                with connect(f"ws://127.0.0.1:{port}/ws/topic/t", proxy=None) as ws:
                    ready.wait()
                    got[name] = [ws.recv(30) for _ in range(count)]

            def stream(name):
                answer = ask("GET", "/sse?topic=t")
                began = time.monotonic()
                ready.wait()
                found = []
                for number, data in events(answer):
                    if data is not None: found.append(data)
                    if len(found) == count: break
                got[name] = found
                # A comment after 15 s must not be what brings the last event.
                late.append(time.monotonic() - began > 14)

            def polls(name, path):
                last = list(events(ask("GET", "/poll?topic=t")))[-1][0]
                ready.wait()
                found = []
                while len(found) < count:
                    time.sleep(0.01)
                    for number, data in events(ask("GET", path, last=last)):
                        if data is not None: found.append(data)
                        if number is not None: last = number
                got[name] = found

            work = [(web_socket, ("ws%d" % n,)) for n in range(4)]
            work += [(stream, ("sse%d" % n,)) for n in range(2)]
            work += [(polls, ("poll", "/poll?topic=t")), (polls, ("long", "/long-poll?topic=t"))]
            threads = [threading.Thread(target=f, args=a) for f, a in work]
            for thread in threads: thread.start()
            ready.wait()
            with connect(f"ws://127.0.0.1:{port}/ws/topic/t", proxy=None) as ws:
                for number in range(count // 2):
                    ws.send(f"said {number}")
                    answer = ask("POST", "/topic/t", f"posted {number}\\nhere")
                    assert answer.status == 204
                # What is not read would keep its Close frame from being seen.
                for _ in range(count): ws.recv(30)
            for thread in threads: thread.join()
            first = got["ws0"]
            print(json.dumps({
                "late": any(late),
                "same": all(found == first for found in got.values()), "ways": len(got),
                "all": sorted(first) == sorted(
                    [f"said {n}" for n in range(count // 2)]
                    + [f"posted {n}\\nhere" for n in range(count // 2)]),
            }))
            """
        let said = try PythonOracle.answer(script, ["port": .integer(Int64(server.port))])
        #expect(
            said["same"] == true && said["all"] == true && said["ways"] == 8
                && said["late"] == false, "\(said)")
        _ = try server.stop()
    }

    @Test(
        "a browser's EventSource and WebSocket", .serialized,
        .enabled(if: Browser.path != nil, "Chromium is not installed"),
        arguments: ["single", "balanced:shared"])
    func browser(pattern: String) throws {
        let server = try ServerUnderTest(pattern, threads: 1)
        // The page publishes what it finds.
        let page = """
            <!DOCTYPE html><script>
            const at = "127.0.0.1:\(server.port)";
            const found = {};
            function tell(name, value) {
              found[name] = value;
              if (Object.keys(found).length === 4)
                fetch(`http://${at}/topic/found`,
                  {method: "POST", mode: "no-cors", body: JSON.stringify(found)});
            }
            let ids = [];
            const tokens = new EventSource(`http://${at}/sse?tokens=3&interval_ms=5&bytes=25`);
            tokens.onmessage = (event) => {
              ids.push(event.lastEventId + " " + event.data.length);
              if (ids.length === 3) { tokens.close(); tell("tokens", ids.join()); }
            };
            // A long poll is to a browser a stream that ends and is asked for again.
            let polled = [];
            const polls = new EventSource(`http://${at}/long-poll?topic=talk`);
            const stream = new EventSource(`http://${at}/sse?topic=talk`);
            stream.onmessage = (event) => { stream.close(); tell("stream", event.data); };
            polls.onmessage = (event) => {
              polled.push(event.data);
              if (polled.length === 2) { polls.close(); tell("polls", polled.join()); }
            };
            stream.onopen = () => {
              const socket = new WebSocket(`ws://${at}/ws/topic/talk`);
              let heard = [];
              socket.onopen = () => setTimeout(() => socket.send("one"), 300);
              socket.onmessage = (event) => {
                heard.push(event.data);
                if (heard.length === 1) setTimeout(() => socket.send("two"), 300);
                else { tell("socket", heard.join()); socket.close(); }
              };
            };
            </script>
            """
        var answer = ""
        try Browser.show(page) {
            let client = try server.connect()
            try client.send(
                HTTPText.get(
                    "/poll?topic=found", fields: ["Last-Event-ID: 0", "Connection: close"])
            )
            answer = String(decoding: try client.rest(), as: UTF8.self)
            return answer.contains("data: ")
        }
        for part in [
            "\"tokens\":\"1 25,2 25,3 25\"", "\"socket\":\"one,two\"", "\"stream\":\"one\"",
            "\"polls\":\"one,two\"",
        ] {
            #expect(answer.contains(part), "\(answer)")
        }
        _ = try server.stop()
    }
}
