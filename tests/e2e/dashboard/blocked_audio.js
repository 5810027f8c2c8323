// An AudioContext as a browser gives it that wants a gesture first. Notes the pitch of the tones that were started; each is played through
// 300 ms after its start, unless `window.deafSink` is set: then the device takes nothing and no tone ever ends.
window.tones = [];
window.stopped = 0;
window.AudioContext = class {
  state = "suspended";
  currentTime = 0;
  destination = {};
  async resume() {
    if (!navigator.userActivation.isActive) throw new Error("not allowed");
    this.state = "running";
  }
  createOscillator() {
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
