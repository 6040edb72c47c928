// k6 as benchmarks/load_engine.py plays it: 50 sessions a VU, each session a timer.
//
// Traps met on the way: Date.now() is whole milliseconds and there is no performance.now(), so the clock is the test's
// own, anchored to an edge of Date.now(); ws.send() only queues, so how late a frame was is told by the sink alone.
import exec from "k6/execution";
import { WebSocket } from "k6/websockets";

const crowd = JSON.parse(__ENV.LOAD_CROWD);
const SESSIONS_A_VU = 50;
const LEAD_MS = 1000;
const opens = JSON.parse(__ENV.LOAD_OPENS_MS); // of each session, ms since the epoch
const epoch = Number(__ENV.LOAD_EPOCH_MS); // of the wall clock
const frames = Number(__ENV.LOAD_FRAMES);
const piece = new Uint8Array(Number(__ENV.LOAD_FRAME_BYTES)).buffer; // one for all: open() would copy a clip per VU

export const options = {
  scenarios: {
    crowd: {
      executor: "per-vu-iterations",
      vus: Math.ceil(crowd.sessions / SESSIONS_A_VU),
      iterations: 1,
      maxDuration: "10m",
      gracefulStop: "1s",
    },
  },
};

function anchored() {
  const before = Date.now();
  let edge = before;
  while (edge === before) edge = Date.now();
  const offset = edge - exec.instance.currentTestRunDuration;
  return () => offset + exec.instance.currentTestRunDuration - epoch; // ms since the epoch
}

export default function () {
  const now = anchored();
  const first = (exec.vu.idInTest - 1) * SESSIONS_A_VU;
  const mine = opens.slice(first, first + SESSIONS_A_VU);
  mine.forEach((open, at) => {
    const session = { name: `s${first + at}`, open, sent: 0, came: [], socket: null, ready: false };
    const turn = () => {
      const next = step(session, now);
      if (next !== null) setTimeout(turn, Math.max(0, next - now()));
    };
    setTimeout(turn, Math.max(0, open - now()));
  });
}

// Does what is due, and says when the next is due: always from the schedule, never from the last one.
function step(session, now) {
  if (!session.socket) {
    session.socket = connected(session, now);
  } else if (session.sent < frames) {
    if (session.ready) session.socket.send(piece);
    session.sent += 1;
  } else {
    if (session.ready) session.socket.send('{"type":"stop_transcription"}');
    return null;
  }
  return session.open + LEAD_MS + (session.sent + (session.sent < frames ? 1 : 0)) * crowd.frame_ms;
}

function connected(session, now) {
  const socket = new WebSocket(__ENV.LOAD_URL);
  socket.binaryType = "arraybuffer";
  socket.onmessage = (event) => {
    const said = JSON.parse(event.data);
    session.came.push(now()); // the least that a test does: when it came, and what it says
    if (said.type === "connection") {
      socket.send(JSON.stringify({ type: "start_transcription", stream_id: session.name }));
    } else if (said.type === "session_started") {
      session.ready = true;
    } else if (said.type === "session_stopped") {
      socket.close();
    }
  };
  socket.onerror = (error) => console.error(`${session.name}: ${error.error}`);
  return socket;
}
