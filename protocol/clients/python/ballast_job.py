"""Lets a job give way when the site's power must fall, without losing a step.

One file, no dependencies, Python 3.8 or later. The job speaks to the Ballast agent of its machine over a Unix socket:

    job = Job("/run/ballast/ballast.sock", "trainer", token, checkpoint_s=20)
    for step in range(start, steps):
        if job.must_rest():
            save_checkpoint()
            job.rest()          # says "ready", and returns when the agent says that it may run
        train(step)

Without an agent the job runs as if this file were not there. When the agent goes away a job that runs runs on, and one
that rests rests on, until an agent is back and says otherwise. What is said is defined in protocol/jobs.ts.
"""

import json
import os
import socket
import threading

RETRY_S = 2.0
ANSWER_S = 10.0
FRAME_BYTES = 64 * 1024
END = b"\f"
# What another try does not change; an agent that is still starting does not know its workloads yet.
FINAL = ("wrong_token", "wrong_user", "foreign_process", "bad_request")


class Refused(Exception):
    """The agent does not take what it was told; `code` says why."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Job:
    """One job on one connection. Every method may be called from any thread."""

    def __init__(self, path, workload, token, pids=None, notice_s=0, checkpoint_s=0, on_notice=None):
        """`notice_s`: how long ahead it wants to be told; `checkpoint_s`: how long saving takes. `on_notice` is called
        with every notice, on a thread of its own: for jobs that cannot look by themselves."""
        self._path = path
        self._body = {
            "workload": workload,
            "token": token,
            "pids": [os.getpid()] if pids is None else list(pids),
            "notice_s": notice_s,
            "checkpoint_s": checkpoint_s,
        }
        self._on_notice = on_notice
        self._changed = threading.Condition()
        self._socket = None
        self._answers = {}
        self._asked = 0
        self._notice = None
        self._resting = False
        self._closed = False
        self.refused = None
        threading.Thread(target=self._run, name="ballast", daemon=True).start()

    @property
    def registered(self):
        """Whether the agent knows this job now."""
        with self._changed:
            return self._socket is not None

    def wait_registered(self, timeout=None):
        """Returns whether the agent knows this job. Raises `Refused` when it will not have it."""
        with self._changed:
            self._changed.wait_for(lambda: self._socket or self.refused or self._closed, timeout)
            if self.refused:
                raise self.refused
            return self._socket is not None

    def must_rest(self):
        """The notice to rest that is in force, or None. Costs a lock: look at every step."""
        with self._changed:
            return self._notice

    def rest(self, timeout=None):
        """Says that the job rests, and returns once it may run: True, or False when `timeout` seconds are over."""
        self.ready()
        with self._changed:
            return self._changed.wait_for(lambda: not self._resting or self._closed, timeout)

    def ready(self):
        """Says that nothing of the job computes any more."""
        with self._changed:
            notice = self._notice
            if notice is None:
                return
            self._resting = True
        try:
            self._ask("ready", {"notice": notice["id"]})
        except Refused:
            # It was taken back in this moment.
            with self._changed:
                self._resting = False

    def ack(self, notice):
        """Says that the job has heard."""
        self._ask("ack", {"notice": notice["id"]})

    def extend(self, by_s):
        """Asks for more time; returns the deadline that the job has now, or None without a notice in force."""
        notice = self.must_rest()
        if notice is None:
            return None
        answer = self._ask("extend", {"notice": notice["id"], "by_s": by_s})
        return answer and answer["deadline"]

    def hint(self, spans):
        """Forecasts what the job's GPUs will draw: a list of (in_s, for_s, power_w), in place of all said before."""
        body = [{"in_s": in_s, "for_s": for_s, "power_w": power_w} for in_s, for_s, power_w in spans]
        self._ask("hint", {"spans": body})

    def close(self):
        """Leaves: the agent counts with this job no longer."""
        with self._changed:
            self._closed = True
            if self._socket:
                self._socket.close()
            self._changed.notify_all()

    def _run(self):
        while not self._closed:
            try:
                self._serve()
            except (OSError, ValueError):
                pass
            with self._changed:
                self._socket = None
                self._answers.clear()
                if not self._resting:
                    # Whoever comes next says anew what is to be.
                    self._notice = None
                self._changed.notify_all()
                if self.refused or self._closed:
                    return
                self._changed.wait(RETRY_S)

    def _serve(self):
        """From connecting until the connection ends."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(self._path)
            state = "paused" if self._resting else "running"
            self._send(connection, 0, "register", dict(self._body, state=state))
            buffer = b""
            while True:
                data = connection.recv(FRAME_BYTES)
                if not data:
                    return
                *frames, buffer = (buffer + data).split(END)
                if len(buffer) > FRAME_BYTES:
                    return
                for frame in frames:
                    self._hear(connection, json.loads(frame.decode("utf-8")))
                if self.refused:
                    return

    def _hear(self, connection, message):
        data = message.get("data") or {}
        if message.get("type") == "notice":
            self._noticed(data)
            return
        if message.get("type") != "answer":
            return
        with self._changed:
            if data.get("id") != 0:
                self._answers[data.get("id")] = data
            elif data.get("ok"):
                self._socket = connection
            elif data.get("code") in FINAL:
                self.refused = Refused(data.get("code"), data.get("message"))
            else:
                raise ValueError(data.get("message"))
            self._changed.notify_all()

    def _noticed(self, notice):
        with self._changed:
            if notice["action"] == "pause":
                self._notice = notice
            else:
                self._notice = None
                self._resting = False
            self._changed.notify_all()
        if self._on_notice:
            threading.Thread(target=self._on_notice, args=(notice,), daemon=True).start()

    def _ask(self, verb, body):
        """The answer; None when there is no agent to give one."""
        with self._changed:
            connection = self._socket
            if connection is None:
                return None
            self._asked += 1
            number = self._asked
        try:
            self._send(connection, number, verb, body)
        except OSError:
            return None
        with self._changed:
            self._changed.wait_for(lambda: number in self._answers or self._socket is not connection, ANSWER_S)
            answer = self._answers.pop(number, None)
        if answer is None:
            return None
        if not answer.get("ok"):
            raise Refused(answer.get("code"), answer.get("message"))
        return answer.get("body")

    @staticmethod
    def _send(connection, number, verb, body):
        frame = {"type": "ask", "data": {"id": number, "verb": verb, "body": body}}
        connection.sendall(json.dumps(frame).encode("utf-8") + END)


