// An AudioContext as a browser gives it that wants a gesture first; `window.audio` is the one. Notes the pitch of the tones that were started;
// each is played through 300 ms after its start, unless `window.deafSink` is set: then the device stands still and no tone ever ends. With
// `window.refusesTones` no tone can be made.
window.tones = [];
window.stopped = 0;
window.AudioContext = class {
  state = "suspended";
  get currentTime() {
    return window.deafSink ? 0 : performance.now() / 1000;
  }
  destination = {};
  async resume() {
    if (!navigator.userActivation.isActive) throw new Error("not allowed");
    this.state = "running";
  }
  constructor() {
    window.audio = this;
  }
  createOscillator() {
    if (window.refusesTones) throw new Error("no device");
    const tone = {
      frequency: {},
      setPeriodicWave() {},
      connect: (next) => next,
      start() {
        window.tones.push(this.frequency.value);
        if (!window.deafSink) setTimeout(() => this.onended?.(), 300);
      },
      stop(at) {
        if (at === undefined) window.stopped += 1;
      },
    };
    return tone;
  }
  createGain() {
    return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (next) => next };
  }
  createPeriodicWave() {
    return {};
  }
};
