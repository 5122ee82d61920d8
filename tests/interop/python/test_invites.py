"""The stock python-socketio client against a running server, over both transports."""

import os
import queue
import re
import time
import unittest

import requests
import socketio

URL = os.environ["RALLYPOINT_TEST_URL"]
LIMIT = 10  # seconds until a missing event fails a test


def rest(method, path, token=None, body=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, URL + path, headers=headers, json=body, timeout=LIMIT)


class Player:
    """A guest with one socket, which remembers what it was told until a test asks."""

    def __init__(self, name, transport):
        answer = rest("POST", "/auth/guest", body={"display_name": name})
        answer.raise_for_status()
        body = answer.json()
        self.id = body["user"]["id"]
        self.name = f'{body["user"]["display_name"]}#{body["user"]["tag"]}'
        self.token = body["access_token"]
        self.transport = transport
        self.untaken = []
        self.events = queue.Queue()
        self.socket = None

    def connect(self):
        self.socket = socketio.Client(reconnection=False)
        self.socket.on("*", lambda event, *payload: self.events.put((event, payload[0] if payload else None)))
        self.socket.connect(URL, auth={"token": self.token}, transports=[self.transport], wait_timeout=LIMIT)
        return self

    def close(self):
        if self.socket:
            self.socket.disconnect()

    def session(self, **options):
        answer = rest("POST", "/sessions", self.token, options)
        assert answer.status_code == 201, answer.text
        return answer.json()["session_code"]

    def next(self, name):
        for index, (event, payload) in enumerate(self.untaken):
            if event == name:
                del self.untaken[index]
                return payload
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                event, payload = self.events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {name}; untaken: {self.untaken}") from None
            if event == name:
                return payload
            self.untaken.append((event, payload))

    def send(self, name, payload):
        self.socket.emit(name, payload)
        return self.next(f"{name}:success")

    def refused(self, name, payload):
        self.socket.emit(name, payload)
        return self.next(f"{name}:error")


class Invites:
    transport = None

    def pair(self, **options):
        host, receiver = (self.online(name) for name in ("Host", "Receiver"))
        return host, receiver, host.session(**options)

    def online(self, name):
        player = Player(name, self.transport).connect()
        self.addCleanup(player.close)
        self.assertEqual(player.socket.transport(), self.transport)
        return player

    def invite(self, host, receiver, code):
        return host.send("invite:send", {"receiver_id": receiver.id, "session_code": code})

    def test_accepted(self):
        host, receiver, code = self.pair()
        sent = self.invite(host, receiver, code)
        self.assertEqual((sent["status"], sent["receiver_name"], sent["expires_in"]), ("success", receiver.name, 120))
        received = receiver.next("invite:received")
        self.assertEqual(received["invite_id"], sent["invite_id"])
        self.assertEqual((received["sender_id"], received["sender_name"]), (host.id, host.name))
        self.assertEqual((received["session_code"], received["expires_in"]), (code, 120))

        receiver.socket.emit("invite:acknowledged", {"invite_id": sent["invite_id"]})
        acknowledged = receiver.next("invite:acknowledged:ack")
        self.assertEqual(acknowledged, {"status": "success", "invite_id": sent["invite_id"]})
        self.assertEqual(host.next("invite:acknowledged")["receiver_id"], receiver.id)

        joined = receiver.send("invite:respond", {"invite_id": sent["invite_id"], "response": "accept"})
        self.assertEqual((joined["status"], joined["session_code"]), ("accepted", code))
        self.assertEqual((joined["server_ip"], joined["server_port"]), (received["server_ip"], received["server_port"]))
        self.assertIn("connect_token", joined)
        self.assertEqual(host.next("invite:accepted")["invite_id"], sent["invite_id"])

    def test_declined(self):
        host, receiver, code = self.pair()
        sent = self.invite(host, receiver, code)
        answer = receiver.send("invite:respond", {"invite_id": sent["invite_id"], "response": "decline"})
        self.assertEqual(answer["status"], "declined")
        self.assertEqual(host.next("invite:declined")["receiver_id"], receiver.id)

    def test_duplicate(self):
        host, receiver, code = self.pair()
        self.invite(host, receiver, code)
        refused = host.refused("invite:send", {"receiver_id": receiver.id, "session_code": code})
        self.assertEqual((refused["status"], refused["code"]), ("error", "DUPLICATE_INVITATION"))

    def test_offline(self):
        host, _, code = self.pair()
        away = Player("Away", self.transport)
        refused = host.refused("invite:send", {"receiver_id": away.id, "session_code": code})
        self.assertEqual(refused["code"], "USER_OFFLINE")

    def test_oneself(self):
        host, _, code = self.pair()
        refused = host.refused("invite:send", {"receiver_id": host.id, "session_code": code})
        self.assertEqual(refused["code"], "SELF_INVITE")

    def test_malformed(self):
        host, receiver, code = self.pair()
        for payload in (None, "text", 7, [], {}, {"receiver_id": "2", "session_code": code}, {"receiver_id": receiver.id}):
            refused = host.refused("invite:send", payload)
            self.assertEqual(refused["code"], "BAD_REQUEST", payload)
        self.invite(host, receiver, code)

    def test_acknowledgement_form(self):
        host, receiver, code = self.pair()
        body = {"receiver_id": receiver.id, "session_code": code}
        answered = host.socket.call("invite:send", body, timeout=LIMIT)
        self.assertEqual(answered, host.next("invite:send:success"))
        refused = host.socket.call("invite:send", body, timeout=LIMIT)
        self.assertEqual(refused["code"], "DUPLICATE_INVITATION")
        self.assertEqual(refused, host.next("invite:send:error"))

    def test_bad_token(self):
        told = queue.Queue()
        client = socketio.Client(reconnection=False)
        client.on("connect_error", told.put)
        with self.assertRaises(socketio.exceptions.ConnectionError):
            client.connect(URL, auth={"token": "nonsense"}, transports=[self.transport], wait_timeout=LIMIT)
        self.addCleanup(client.disconnect)
        error = told.get(timeout=LIMIT)
        message = error["message"] if isinstance(error, dict) else str(error)
        self.assertTrue(re.match(r"UNAUTHENTICATED: .", message), message)


class InvitesOverPolling(Invites, unittest.TestCase):
    transport = "polling"


class InvitesOverWebSocket(Invites, unittest.TestCase):
    transport = "websocket"


if __name__ == "__main__":
    unittest.main()
