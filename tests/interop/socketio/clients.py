"""python-socketio as a process: tells what happens as JSON lines, and does what it is told by JSON lines."""

import json
import sys
import threading

import socketio

LOCK = threading.Lock()


def tell(what, **more):
    with LOCK:
        print(json.dumps({"what": what, **more}), flush=True)


def main():
    options = json.loads(sys.argv[1])
    client = socketio.Client(
        reconnection_delay=options["delay"],
        reconnection_delay_max=options["delay_max"],
        randomization_factor=0,
    )
    client.on("connect", lambda: tell("connect"))
    client.on("disconnect", lambda reason: tell("disconnect", reason=reason))
    client.on("connect_error", lambda error: tell("connect_error", reason=str(error)))
    client.on("*", lambda name, *payload: tell("event", name=name, payload=payload[0] if payload else None))

    def connect():
        try:
            client.connect(
                options["url"],
                auth=options["auth"],
                transports=options["transports"],
                wait_timeout=options["wait"],
                retry=True,
            )
        except socketio.exceptions.ConnectionError as error:
            tell("gave up", reason=str(error))

    threading.Thread(target=connect, daemon=True).start()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            client.emit(command["emit"], command["payload"])
        except socketio.exceptions.SocketIOError as error:
            tell("not sent", reason=str(error))


if __name__ == "__main__":
    main()
