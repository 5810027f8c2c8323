// An AudioContext as a browser gives it that wants a gesture first. Counts the tones that were started.
window.AudioContext = class {
  state = "suspended";
  currentTime = 0;
  destination = {};
  async resume() {
    if (!navigator.userActivation.isActive) throw new Error("not allowed");
    this.state = "running";
  }
  createOscillator() {
    window.tones = (window.tones ?? 0) + 1;
    return { frequency: {}, setPeriodicWave() {}, connect: (next) => next, start() {}, stop() {} };
  }
  createGain() {
    return { gain: { setValueAtTime() {}, linearRampToValueAtTime() {} }, connect: (next) => next };
  }
  createPeriodicWave() {
    return {};
  }
};
