// The microphone's side of the page: 16 kHz PCM16 frames, and the level of every 10 ms of them.

// Streaming resampler: a windowed sinc, one set of taps for each phase between input and output samples.
// 32 zero crossings at 0.9 of the lower Nyquist frequency; it delays by half its length, about 1.1 ms at 16 kHz.
class Resampler {
  constructor(from_hz, to_hz) {
    let a = from_hz, b = to_hz;
    while (b) [a, b] = [b, a % b];
    this.up = to_hz / a;
    this.down = from_hz / a;
    const cut = 0.9 * Math.min(1, to_hz / from_hz);
    const half = Math.ceil(16 / cut);
    this.phases = Array.from({ length: this.up }, (_, phase) => Resampler.taps(phase / this.up, cut, half));
    this.kept = new Float32Array(2 * half);
    this.at = 0; // of the next output sample in `kept`, counted in 1/up of an input sample
  }

  static taps(offset, cut, half) {
    const taps = Float64Array.from({ length: 2 * half }, (_, index) => {
      const x = index - half + 1 - offset;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * x) / (half + 1));
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * cut * x) / (Math.PI * cut * x);
      return window * sinc;
    });
    const sum = taps.reduce((total, tap) => total + tap, 0);
    return taps.map((tap) => tap / sum);
  }

  push(samples) {
    const all = new Float32Array(this.kept.length + samples.length);
    all.set(this.kept);
    all.set(samples, this.kept.length);
    const length = this.phases[0].length;
    const out = [];
    while (Math.floor(this.at / this.up) + length <= all.length) {
      const first = Math.floor(this.at / this.up);
      const taps = this.phases[this.at % this.up];
      let sum = 0;
      for (let tap = 0; tap < length; tap += 1) sum += taps[tap] * all[first + tap];
      out.push(sum);
      this.at += this.down;
    }
    const done = Math.min(Math.floor(this.at / this.up), all.length);
    this.kept = all.slice(done);
    this.at -= done * this.up;
    return out;
  }
}

class Microphone extends AudioWorkletProcessor {
  constructor(options) {
    super();
    const { rate_hz, frame_ms, block_ms } = options.processorOptions;
    this.resampler = sampleRate === rate_hz ? null : new Resampler(sampleRate, rate_hz);
    this.frame = (rate_hz * frame_ms) / 1000;
    this.block = (rate_hz * block_ms) / 1000;
    this.samples = [];
    this.over = false;
    this.port.onmessage = () => {
      this.tell(this.samples.length);
      this.port.postMessage({ over: true });
      this.over = true;
    };
  }

  process([channels]) {
    const mono = channels[0];
    if (mono) {
      for (const sample of this.resampler ? this.resampler.push(mono) : mono) this.samples.push(sample);
      while (this.samples.length >= this.frame) this.tell(this.frame);
    }
    return !this.over;
  }

  tell(count) {
    if (!count) return;
    const samples = this.samples.splice(0, count);
    const pcm = new DataView(new ArrayBuffer(2 * count)); // the contract's samples are little-endian on any machine
    samples.forEach((sample, at) => pcm.setInt16(2 * at, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true));
    const levels = [];
    for (let at = 0; at < count; at += this.block) {
      const block = samples.slice(at, at + this.block);
      levels.push(Math.sqrt(block.reduce((sum, sample) => sum + sample * sample, 0) / block.length));
    }
    this.port.postMessage({ pcm: pcm.buffer, levels }, [pcm.buffer]);
  }
}

registerProcessor("microphone", Microphone);
