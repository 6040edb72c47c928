"use strict";

// What the page measures. All times are milliseconds: positions count from the first sample that was sent, moments are
// performance.now(). What cannot be measured is null and is shown as a dash with its reason.

const RATE_HZ = 16000;
const BLOCK_MS = 10;
const SPEECH_BLOCKS = 5; // of the ten in 100 ms: so many loud ones are speech, fewer are a click or a breath

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (!sorted.length) return null;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// The loud blocks that have enough others about them.
function speech(loud) {
  const within = (from) => loud[from + SPEECH_BLOCKS - 1] - loud[from] < 10 * BLOCK_MS;
  return loud.filter((_, at) => {
    for (let from = Math.max(0, at - SPEECH_BLOCKS + 1); from <= at; from += 1) if (within(from)) return true;
    return false;
  });
}

// Where positions lie on the clock. A busy page receives frames late, which would make latencies look short; so the
// earliest frame, relative to its position, of the last five to ten seconds says where all of them lie.
class Anchor {
  constructor() {
    this.newer = Infinity;
    this.older = Infinity;
    this.until = -Infinity;
  }

  frame(end_ms, arrived_ms) {
    if (arrived_ms > this.until) {
      this.older = this.newer;
      this.newer = Infinity;
      this.until = arrived_ms + 5000;
    }
    this.newer = Math.min(this.newer, arrived_ms - end_ms);
  }

  moment(position_ms) {
    return position_ms + Math.min(this.newer, this.older);
  }
}

class Measures {
  constructor() {
    this.anchor = new Anchor();
    this.sent_ms = 0;
    this.loud = []; // ends of the loud blocks since the last final
    this.partials = []; // moments of the open segment's partials
    this.pings = [];
    this.all = { round: [], final: [], first: [], cadence: [] };
  }

  // `threshold`: of the RMS level, 1 = full scale.
  sent(bytes, levels, threshold, now) {
    levels.forEach((level, at) => {
      if (level > threshold) this.loud.push(this.sent_ms + (at + 1) * BLOCK_MS);
    });
    this.sent_ms += (bytes / 2 / RATE_HZ) * 1000;
    this.anchor.frame(this.sent_ms, now);
  }

  ping(now) {
    this.pings.push(now);
  }

  pong(now) {
    if (this.pings.length) this.all.round.push(now - this.pings.shift());
  }

  partial(now) {
    if (this.partials.length) this.all.cadence.push(now - this.partials.at(-1));
    this.partials.push(now);
  }

  // Of the final's own audio: what was said after `audio_end` (seconds, where the gateway tells it) is the next one's.
  final(audio_end, stopping, now) {
    const end_ms = audio_end ? audio_end * 1000 : this.sent_ms;
    const own = this.loud.filter((at) => at <= end_ms);
    const spoken = speech(own);
    const { latency_ms, why } = this.latency(spoken, end_ms, stopping, now);
    const first_ms = this.first(spoken);
    const intervals = this.partials.slice(1).map((at, index) => at - this.partials[index]);
    if (latency_ms !== null) this.all.final.push(latency_ms);
    if (first_ms !== null) this.all.first.push(first_ms);
    const said = { latency_ms, why, first_ms, partials: this.partials.length, cadence_ms: median(intervals) };
    this.loud = this.loud.slice(own.length);
    this.partials = [];
    return said;
  }

  first(spoken) {
    if (!spoken.length || !this.partials.length) return null;
    const first_ms = this.partials[0] - this.anchor.moment(spoken[0] - BLOCK_MS);
    return first_ms >= 0 ? first_ms : null; // words before the onset: the line lies too high for this voice
  }

  latency(spoken, end_ms, stopping, now) {
    if (!spoken.length) return { latency_ms: null, why: "no speech above the line" };
    // loud up to where the recogniser decided: either noise lies above the line, or the speech went on
    if (!stopping && end_ms - spoken.at(-1) < 5 * BLOCK_MS) return { latency_ms: null, why: "no pause below the line" };
    return { latency_ms: now - this.anchor.moment(spoken.at(-1)), why: "" };
  }
}
