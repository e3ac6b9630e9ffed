// The one sanctioned getUserMedia stand-in of the browser tests. Chromium has a single fake camera
// and refuses `facingMode: exact`; this gives a front camera that shows a head able to turn, a rear
// camera that shows whatever picture the test puts on the table, and a microphone that hums.
//
// The test prepares window.__shimPictures = { yaw: {"-28": dataUrl, ...}, rear: dataUrl } before.
(() => {
  const pictures = window.__shimPictures;
  const state = { yaw: 0, target: 0, rear: 'rear', refuse: {}, opened: [], size: [640, 480] };
  const images = {};
  const load = (name, url) => {
    const image = new Image();
    image.src = url;
    images[name] = image;
  };
  for (const [yaw, url] of Object.entries(pictures.yaw)) load('yaw' + yaw, url);
  for (const [name, url] of Object.entries(pictures.rear)) load(name, url);
  const yaws = Object.keys(pictures.yaw).map(Number).sort((a, b) => a - b);

  const nearest = (yaw) => yaws.reduce((a, b) => (Math.abs(b - yaw) < Math.abs(a - yaw) ? b : a));

  function camera(facing) {
    const canvas = document.createElement('canvas');
    const rear = facing === 'environment';
    [canvas.width, canvas.height] = rear ? pictures.rearSize || [1280, 960] : state.size;
    const pen = canvas.getContext('2d');
    let tick = 0;
    const timer = setInterval(() => {
      state.yaw += Math.max(-4, Math.min(4, state.target - state.yaw));
      const image = rear ? images[state.rear] : images['yaw' + nearest(state.yaw)];
      if (image && image.complete) pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      pen.fillStyle = tick++ % 2 ? '#222' : '#ddd'; // so that no two frames are the same
      pen.fillRect(0, 0, 4, 4);
    }, 66);
    const track = canvas.captureStream(15).getVideoTracks()[0];
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      stop();
    };
    const settings = track.getSettings.bind(track);
    track.getSettings = () => ({ ...settings(), facingMode: facing, deviceId: facing });
    track.shimFacing = facing;
    state.opened.push(facing);
    return track;
  }

  function microphone() {
    const context = new AudioContext();
    const tone = context.createOscillator();
    const gain = context.createGain();
    const out = context.createMediaStreamDestination();
    tone.frequency.value = 330;
    gain.gain.value = 0.3;
    tone.connect(gain).connect(out);
    tone.start();
    return out.stream.getAudioTracks()[0];
  }

  const refused = (name) => new DOMException('Permission denied', name);
  const wanted = (video) => {
    const mode = video && video.facingMode;
    const name = typeof mode === 'string' ? mode : mode && (mode.exact || mode.ideal);
    const id = video && video.deviceId && (video.deviceId.exact || video.deviceId.ideal || video.deviceId);
    return name || (id === 'environment' ? 'environment' : 'user');
  };

  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const tracks = [];
    if (constraints.video) {
      if (state.refuse.camera) throw refused(state.refuse.camera);
      tracks.push(camera(wanted(constraints.video)));
    }
    if (constraints.audio) {
      if (state.refuse.microphone) throw refused(state.refuse.microphone);
      tracks.push(microphone());
    }
    return new MediaStream(tracks);
  };
  navigator.mediaDevices.enumerateDevices = async () => [
    { kind: 'videoinput', deviceId: 'user', label: 'front', groupId: 'a' },
    { kind: 'videoinput', deviceId: 'environment', label: 'back', groupId: 'b' },
    { kind: 'audioinput', deviceId: 'mic', label: 'microphone', groupId: 'c' },
  ];
  window.ImageCapture = undefined; // the page then takes the still from the full-size picture

  // The head does what the server asks, as a willing customer would: after a moment.
  const turns = { turn_left: 1, turn_right: -1 };
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener('message', (event) => {
        const message = JSON.parse(event.data);
        if (message.t !== 'direct' || message.kind !== 'challenge' || state.obey === false) return;
        const yaw = (turns[message.body.phase] || 0) * pictures.turn;
        setTimeout(() => (state.target = yaw), 700);
      });
    }
  };
  window.__shim = state;
})();
