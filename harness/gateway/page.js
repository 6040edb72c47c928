
// The page itself: one session at a time, from Start to session_stopped or an error.

const byId = (id) => document.getElementById(id);
const show = (id, text) => { byId(id).textContent = text; };
const ms = (value) => (value === null || value === undefined ? "–" : `${Math.round(value)} ms`);
const STATES = {
  idle: ["Ready", "Start"],
  microphone: ["Asking for the microphone", "Cancel"],
  connecting: ["Connecting", "Cancel"],
  listening: ["Listening", "Stop"],
  finishing: ["Waiting for the last final", "Stop now"],
};
const FINISH_WITHIN_MS = 10000;
const PING_EVERY_MS = 1000;
const QUIETEST_DB = -70; // left end of the level meter

let session = null;
let retryTimer = 0;

class Session {
  constructor() {
    this.stream_id = `page-${Array.from(crypto.getRandomValues(new Uint8Array(8)), (b) => b.toString(16).padStart(2, "0")).join("")}`;
    this.measures = new Measures();
    this.state = "";
    this.timers = [];
    this.over = false;
  }

  async start() {
    try {
      this.enter("microphone");
      await this.openMicrophone();
      if (this.over) return this.release();
      this.enter("connecting");
      this.openSocket();
    } catch (error) {
      this.fail({ error: microphoneProblem(error), code: error.name, ours: true });
    }
    return undefined;
  }

  async openMicrophone() {
    if (!navigator.mediaDevices || !window.AudioWorkletNode) throw new DOMException("", "InsecureContext");
    const clean = byId("clean").checked;
    const wanted = { channelCount: 1, echoCancellation: clean, noiseSuppression: clean, autoGainControl: clean };
    if (byId("device").value) wanted.deviceId = { exact: byId("device").value };
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
    await listDevices(this.stream);
    this.stream.getAudioTracks()[0].onended = () => this.fail({ error: "The microphone went away.", code: "ended", ours: true });
    await this.openContext(byId("native").checked ? {} : { sampleRate: RATE_HZ });
  }

  async openContext(options) {
    try {
      this.context = new AudioContext(options);
      this.source = this.context.createMediaStreamSource(this.stream);
    } catch (error) {
      if (!options.sampleRate) throw error;
      await this.openContext({}); // some browsers keep a context to the device's own rate: resample then
      return;
    }
    await this.context.resume();
    const code = new Blob([byId("worklet").textContent], { type: "text/javascript" });
    const address = URL.createObjectURL(code);
    await this.context.audioWorklet.addModule(address);
    URL.revokeObjectURL(address);
  }

  openSocket() {
    const address = new URL(location.pathname, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const token = byId("token").value.trim();
    this.socket = token ? new WebSocket(address, ["riva-gateway", `bearer.${token}`]) : new WebSocket(address);
    this.socket.onmessage = (event) => this.hear(JSON.parse(event.data), performance.now());
    this.socket.onclose = (event) => this.closed(event);
  }

  hear(message, now) {
    const doers = {
      connection: () => this.greeted(message),
      session_started: () => this.listen(message),
      partial: () => { this.measures.partial(now); showPartial(message.text); },
      transcription: () => this.final(message, now),
      pong: () => { this.measures.pong(now); showFigures(this.measures); },
      session_stopped: () => this.end(),
      error: () => this.complain(message),
    };
    doers[message.type]?.();
  }

  greeted(message) {
    const config = message.server_config ?? {};
    this.frame_ms = Number(byId("frame").value) || Math.min(100, Math.max(20, config.frame_ms ?? 20));
    show("about", [config.gateway, config.model, config.riva_target].filter(Boolean).join(" · "));
    this.say({
      type: "start_transcription", enable_partials: true, sample_rate: RATE_HZ, encoding: "pcm16",
      word_time_offsets: true, stream_id: this.stream_id,
    });
  }

  listen(started) {
    if (started.stream_id) this.stream_id = started.stream_id;
    showStream(this.stream_id);
    const resampled = this.context.sampleRate === RATE_HZ ? "" : `, resampled from ${this.context.sampleRate} Hz`;
    show("format", `${RATE_HZ} Hz PCM16${resampled}, frames of ${this.frame_ms} ms`);
    this.node = new AudioWorkletNode(this.context, "microphone", {
      numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit",
      processorOptions: { rate_hz: RATE_HZ, frame_ms: this.frame_ms, block_ms: BLOCK_MS },
    });
    this.node.port.onmessage = (event) => this.audio(event.data);
    this.source.connect(this.node);
    this.timers.push(setInterval(() => this.ping(), PING_EVERY_MS));
    this.enter("listening");
  }

  audio(heard) {
    if (this.over) return;
    if (heard.over) {
      this.say({ type: "stop_transcription" });
      return;
    }
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.measures.sent(heard.pcm.byteLength, heard.levels, 10 ** (byId("line").value / 20), performance.now());
    this.socket.send(heard.pcm);
    showLevel(Math.max(...heard.levels));
    const unsent_ms = (this.socket.bufferedAmount / 2 / RATE_HZ) * 1000;
    byId("behind").hidden = unsent_ms < 500;
    show("behind", `The network is ${Math.round(unsent_ms / 100) / 10} s behind the microphone.`);
  }

  ping() {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.measures.ping(performance.now());
    this.say({ type: "ping" });
  }

  final(message, now) {
    const said = this.measures.final(message.audio_end, this.state === "finishing", now);
    showPartial("");
    showFinal(message, said, this.state === "finishing");
    showFigures(this.measures);
  }

  stop() {
    if (this.state !== "listening") {
      this.end();
      return;
    }
    this.enter("finishing");
    this.stream.getTracks().forEach((track) => { track.onended = null; });
    this.node.port.postMessage("stop");
    this.timers.push(setTimeout(() => this.fail({
      error: "The gateway did not send session_stopped within 10 s.", code: "no_session_stopped", ours: true,
    }), FINISH_WITHIN_MS));
  }

  complain(message) {
    this.error = message;
    showError({ stream_id: this.stream_id, ...message });
  }

  closed(event) {
    if (this.over) return;
    if (this.error) showError({ stream_id: this.stream_id, ...this.error, close: event.code });
    else {
      const met = Boolean(this.frame_ms);
      showError({
        error: met ? "The connection was lost." : "The gateway could not be reached, or refused the connection; browsers are not told why. It may be full, or ask for an access token.",
        code: met ? "connection_lost" : "not_connected", close: event.code, retryable: true, retry_after_ms: 1000,
        stream_id: met ? this.stream_id : null,
      });
    }
    this.end();
  }

  fail(error) {
    if (this.over) return;
    showError({ stream_id: this.frame_ms ? this.stream_id : null, ...error });
    this.end();
  }

  end() {
    this.over = true;
    this.release();
    showPartial("");
    showLevel(0);
    byId("behind").hidden = true;
    session = null;
    this.enter("idle");
  }

  release() {
    this.timers.forEach(clearTimeout);
    this.stream?.getTracks().forEach((track) => { track.onended = null; track.stop(); });
    if (this.context && this.context.state !== "closed") this.context.close();
    this.socket?.close(1000);
  }

  say(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  enter(state) {
    this.state = state;
    const [said, button] = STATES[state];
    document.body.dataset.state = state;
    show("state", said);
    show("toggle", button);
    byId("options").disabled = state !== "idle";
  }
}

function microphoneProblem(error) {
  return {
    NotAllowedError: "The browser may not use the microphone. Allow it beside the address, then start again.",
    NotFoundError: "There is no microphone.",
    NotReadableError: "The microphone cannot be opened; another program may hold it.",
    OverconstrainedError: "The chosen microphone is gone; choose another.",
    InsecureContext: "Browsers open the microphone only on https:// or on localhost. Put TLS in front of this page.",
  }[error.name] ?? `The microphone cannot be used: ${error.message}`;
}

async function listDevices(stream) {
  const chosen = stream.getAudioTracks()[0].getSettings().deviceId;
  const inputs = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "audioinput");
  byId("device").replaceChildren(...inputs.map((device, at) => {
    return new Option(device.label || `Microphone ${at + 1}`, device.deviceId, false, device.deviceId === chosen);
  }));
}

function showPartial(text) {
  show("partial", text);
}

function showFinal(message, said, stopping) {
  const item = document.createElement("li");
  const text = document.createElement("p");
  text.textContent = message.text;
  const facts = document.createElement("p");
  facts.className = "facts";
  const latency = document.createElement("b");
  latency.textContent = said.latency_ms === null ? `final: not measured (${said.why})`
    : `final ${ms(said.latency_ms)} after the last speech${stopping ? ", at Stop" : ""}`;
  latency.dataset.latency = said.latency_ms ?? "";
  const rest = [];
  if (said.first_ms !== null) rest.push(`first partial ${ms(said.first_ms)}`);
  rest.push(said.cadence_ms === null ? `partials ${said.partials}` : `partials ${said.partials}, every ${ms(said.cadence_ms)}`);
  if (typeof message.confidence === "number") rest.push(`confidence ${message.confidence.toFixed(2)}`);
  facts.append(latency, ` · ${rest.join(" · ")}`);
  item.append(text, facts);
  byId("finals").append(item);
  item.scrollIntoView({ block: "nearest" });
}

function showFigures({ all }) {
  for (const [name, values] of Object.entries(all)) {
    show(`${name}-now`, ms(median(values)));
    show(`${name}-more`, values.length ? `last ${ms(values.at(-1))}, worst ${ms(Math.max(...values))}, n = ${values.length}` : "not measured yet");
  }
}

function showLevel(rms) {
  const db = rms > 0 ? Math.max(QUIETEST_DB, 20 * Math.log10(rms)) : QUIETEST_DB;
  const meter = byId("meter");
  meter.value = db;
  meter.setAttribute("aria-valuetext", `${Math.round(db)} dB below full scale`.replace("-", ""));
}

function showStream(stream_id) {
  byId("stream-row").hidden = !stream_id;
  show("stream", stream_id ?? "");
}

function showError(problem) {
  showStream(problem.stream_id);
  show("error-text", problem.error);
  const parts = [problem.code && `code ${problem.code}`, problem.close && `close ${problem.close}`];
  show("error-code", parts.filter(Boolean).join(" · "));
  byId("error").hidden = false;
  clearInterval(retryTimer);
  byId("toggle").disabled = false;
  if (problem.ours) show("error-hint", "");
  else if (!problem.retryable) show("error-hint", "Trying again will not help: quote the code and the stream to the operator.");
  else countDown(performance.now() + (problem.retry_after_ms ?? 0));
}

function countDown(until) {
  const tick = () => {
    const left_s = Math.ceil((until - performance.now()) / 1000);
    show("error-hint", left_s > 0 ? `It may pass: try again in ${left_s} s.` : "It may pass: try again.");
    byId("toggle").disabled = left_s > 0 && session === null;
    if (left_s <= 0) clearInterval(retryTimer);
  };
  retryTimer = setInterval(tick, 250);
  tick();
}

function toggle() {
  if (session) {
    session.stop();
    return;
  }
  byId("error").hidden = true;
  byId("finals").replaceChildren();
  clearInterval(retryTimer);
  showStream(null);
  session = new Session();
  showFigures(session.measures);
  session.start();
}

function showLine() {
  const db = byId("line").value;
  show("line-value", `${db} dB`.replace("-", "−"));
}

byId("toggle").addEventListener("click", toggle);
byId("line").addEventListener("input", showLine);
byId("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(byId("stream").textContent);
  show("copy", "Copied");
  setTimeout(() => show("copy", "Copy"), 1500);
});
window.addEventListener("pagehide", () => session?.end());
showLine();
showFigures(new Measures());
byId("toggle").disabled = false;
