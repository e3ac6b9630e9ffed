import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from './errors'
import type { ServerMessage } from './protocol'
import { createSignaling, type SignalingClient } from './signaling'
import { FakeSocket } from './testing'

const log: unknown[][] = []
let tickets: Array<() => Promise<{ ticket: string; ws: string }>> = []
let client: SignalingClient

async function settle() {
  await vi.advanceTimersByTimeAsync(0)
}

async function opened() {
  client.connect()
  await settle()
  FakeSocket.last.welcomes()
}

function event(offset: number, epoch = 'e1'): ServerMessage {
  return { t: 'event', room: 'vis_1', epoch, offset, kind: 'step', body: { offset } }
}

function joined(offset: number, more: Partial<ServerMessage> = {}): ServerMessage {
  return { t: 'joined', room: 'vis_1', epoch: 'e1', offset, resumed: false, snapshot: {}, missed: [], ...more } as ServerMessage
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.spyOn(Math, 'random').mockReturnValue(1)
  FakeSocket.all = []
  log.length = 0
  tickets = []
  client = createSignaling(
    () => (tickets.shift() || (async () => ({ ticket: 't', ws: '/ws' })))(),
    {
      onState: (...args) => log.push(['state', ...args]),
      onJoined: (...args) => log.push(['joined', ...args]),
      onEvent: (...args) => log.push(['event', ...args]),
      onDirect: (...args) => log.push(['direct', ...args]),
      onOffer: (offer) => log.push(['offer', offer.negotiation]),
      onMedia: (media) => log.push(['media', media.state]),
      onError: (error) => log.push(['error', error.code]),
    },
  )
})

afterEach(() => {
  client.close()
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('connecting', () => {
  it('says hello with its ticket and tab, and is open at the welcome', async () => {
    await opened()

    expect(FakeSocket.last.url).toMatch(/^ws:\/\/.*\/ws$/)
    expect(FakeSocket.last.sent[0]).toMatchObject({ t: 'hello', v: 1, ticket: 't' })
    expect(String(FakeSocket.last.sent[0]!.tab)).toHaveLength(32)
    expect(client.subject).toBe('pty_1')
    expect(log).toEqual([['state', 'connecting', 0], ['state', 'open', 0]])
  })

  it('redials with a longer pause each time, with the same tab', async () => {
    client.connect()
    await settle()
    for (const pause of [300, 600, 1200, 2400, 3000, 3000]) {
      const count = FakeSocket.all.length
      FakeSocket.last.drops(1006)
      await vi.advanceTimersByTimeAsync(pause - 1)
      expect(FakeSocket.all.length).toBe(count)
      await vi.advanceTimersByTimeAsync(1)
      expect(FakeSocket.all.length).toBe(count + 1)
    }
    FakeSocket.last.opens()
    expect(FakeSocket.last.ofKind('hello')).toHaveLength(1)
  })

  it('gives a connection without a welcome up after 8 s', async () => {
    client.connect()
    await settle()
    await vi.advanceTimersByTimeAsync(8000)

    expect(FakeSocket.all[0]!.closed).toBe(true)
    expect(client.state).toBe('reconnecting')
  })

  it('redials when no ticket could be had, and stops when there will be none', async () => {
    tickets = [
      () => Promise.reject(new ApiError('network')),
      () => Promise.reject(new ApiError('visit_gone', {}, 410)),
    ]
    client.connect()
    await settle()
    expect(client.state).toBe('reconnecting')
    await vi.advanceTimersByTimeAsync(300)

    expect(log.pop()).toEqual(['state', 'closed', 4503])
    await vi.advanceTimersByTimeAsync(60000)
    expect(FakeSocket.all).toHaveLength(0)
  })

  it.each([4000, 4001, 4002, 4003, 4004, 1012])('redials after close code %i', async (code) => {
    await opened()
    FakeSocket.last.drops(code)

    expect(log.pop()).toEqual(['state', 'reconnecting', code])
  })

  it.each([[4504, 4504], [4505, 4505], [4506, 4506], [1009, 4501]])('stops after close code %i', async (code, told) => {
    await opened()
    FakeSocket.last.drops(code)
    await vi.advanceTimersByTimeAsync(60000)

    expect(log.pop()).toEqual(['state', 'closed', told])
    expect(FakeSocket.all).toHaveLength(1)
  })

  it('takes a bye as the close that follows', async () => {
    await opened()
    FakeSocket.last.says({ t: 'bye', code: 4504, reason: 'taken_over' })

    expect(log.pop()).toEqual(['state', 'closed', 4504])
  })

  it('can connect again after it was closed', async () => {
    await opened()
    client.close()
    expect(client.state).toBe('closed')
    await opened()

    expect(client.state).toBe('open')
  })
})

describe('staying alive', () => {
  it('pings every 4 s and finds a dead line within 8 s', async () => {
    await opened()
    const socket = FakeSocket.last
    await vi.advanceTimersByTimeAsync(4000)
    expect(socket.ofKind('ping')).toEqual([{ t: 'ping', n: 1 }])
    socket.says({ t: 'pong', n: 1 })
    await vi.advanceTimersByTimeAsync(7999)
    expect(client.state).toBe('open')
    await vi.advanceTimersByTimeAsync(1)

    expect(log.pop()).toEqual(['state', 'reconnecting', 4001])
    expect(socket.closed).toBe(true)
  })

  it('answers the nudge of the server when its own timers slept', async () => {
    await opened()
    vi.setSystemTime(Date.now() + 6000)
    FakeSocket.last.says({ t: 'pong', n: 0 })

    expect(FakeSocket.last.ofKind('ping')).toHaveLength(1)
  })

  it('probes at once when the network is back, and redials when nothing answers', async () => {
    await opened()
    window.dispatchEvent(new Event('online'))
    expect(FakeSocket.last.ofKind('ping')).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2500)

    expect(client.state).toBe('reconnecting')
  })

  it('does not wait for its pause when the page comes to the front', async () => {
    await opened()
    FakeSocket.last.drops(1006)
    document.dispatchEvent(new Event('visibilitychange'))
    await settle()

    expect(FakeSocket.all).toHaveLength(2)
  })
})

describe('rooms', () => {
  it('joins before and after the welcome, once each', async () => {
    client.join('vis_1')
    await opened()
    client.join('vis_1')
    client.join('desk:stf_1')

    expect(FakeSocket.last.ofKind('join')).toEqual([
      { t: 'join', room: 'vis_1' },
      { t: 'join', room: 'desk:stf_1' },
    ])
  })

  it('resumes from the last event it saw', async () => {
    client.join('vis_1')
    await opened()
    FakeSocket.last.says(joined(4))
    FakeSocket.last.says(event(7))
    FakeSocket.last.drops(1006)
    await vi.advanceTimersByTimeAsync(300)
    FakeSocket.last.welcomes()
    expect(FakeSocket.last.ofKind('join')).toEqual([{ t: 'join', room: 'vis_1', epoch: 'e1', offset: 7 }])
    log.length = 0
    FakeSocket.last.says(joined(9, { resumed: true, snapshot: null, missed: [event(8)] } as Partial<ServerMessage>))

    expect(log).toEqual([['joined', 'vis_1', null, false], ['event', 'vis_1', 'step', { offset: 8 }]])
    FakeSocket.last.says(joined(0, { epoch: 'e2' } as Partial<ServerMessage>))
    expect(log.pop()).toEqual(['joined', 'vis_1', {}, true])
  })

  it('takes each event of an epoch once, and none of a room that it left', async () => {
    client.join('vis_1')
    await opened()
    FakeSocket.last.says(joined(4))
    log.length = 0
    for (const one of [event(4), event(6), event(6), event(7, 'e0')]) FakeSocket.last.says(one)
    expect(log).toEqual([['event', 'vis_1', 'step', { offset: 6 }]])
    client.leave('vis_1')
    FakeSocket.last.says(event(9))
    FakeSocket.last.says(joined(9))

    expect(log).toHaveLength(1)
    expect(FakeSocket.last.ofKind('leave')).toHaveLength(1)
  })

  it('joins again when the counter was too busy, and not when it may not', async () => {
    client.join('vis_1')
    await opened()
    FakeSocket.last.says({ t: 'error', code: 'busy', room: 'vis_1' })
    await vi.advanceTimersByTimeAsync(1500)
    expect(FakeSocket.last.ofKind('join')).toHaveLength(2)
    FakeSocket.last.says({ t: 'error', code: 'forbidden', room: 'vis_1' })
    FakeSocket.last.drops(1006)
    await vi.advanceTimersByTimeAsync(300)
    FakeSocket.last.welcomes()

    expect(FakeSocket.last.ofKind('join')).toHaveLength(0)
    expect(log.filter(([kind]) => kind === 'error')).toEqual([['error', 'busy'], ['error', 'forbidden']])
  })

  it('hands on direct messages, offers and media states', async () => {
    await opened()
    log.length = 0
    FakeSocket.last.says({ t: 'direct', room: 'vis_1', kind: 'place', body: { ahead: 1 } })
    FakeSocket.last.says({ t: 'offer', room: 'vis_1', negotiation: 3, sdp: 's', ice_servers: [], relay_only: false })
    FakeSocket.last.says({ t: 'media', room: 'vis_1', leg: 'agent', state: 'connected' })

    expect(log).toEqual([['direct', 'vis_1', 'place', { ahead: 1 }], ['offer', 3], ['media', 'connected']])
  })
})

describe('send', () => {
  it('resolves with the ack and rejects with the error of its own id', async () => {
    await opened()
    const [first, second] = [client.send('vis_1', 'progress', { n: 1 }), client.send('vis_1', 'screen')]
    FakeSocket.last.says({ t: 'error', code: 'not_now', id: '2', fields: { reason: 'x' } })
    FakeSocket.last.says({ t: 'ack', id: '1', body: { ok: true } })
    FakeSocket.last.says({ t: 'ack', id: '1', body: { ok: false } })

    expect(FakeSocket.last.ofKind('send')[0]).toMatchObject({ id: '1', kind: 'progress', body: { n: 1 } })
    await expect(first).resolves.toEqual({ ok: true })
    await expect(second).rejects.toMatchObject({ code: 'not_now', fields: { reason: 'x' } })
  })

  it('rejects when offline, when the line drops, when nothing answers and when it is too large', async () => {
    const offline = expect(client.send('vis_1', 'progress')).rejects.toMatchObject({ code: 'offline' })
    await opened()
    const large = expect(client.send('vis_1', 'k', { x: '字'.repeat(6000) })).rejects.toMatchObject({ code: 'too_large' })
    const dropped = expect(client.send('vis_1', 'progress')).rejects.toMatchObject({ code: 'offline' })
    FakeSocket.last.drops(1006)
    await vi.advanceTimersByTimeAsync(300)
    FakeSocket.last.welcomes()
    const late = expect(client.send('vis_1', 'progress')).rejects.toMatchObject({ code: 'timeout' })
    for (let n = 0; n < 6; n++) {
      await vi.advanceTimersByTimeAsync(2000)
      FakeSocket.last.says({ t: 'pong', n: 1 })
    }

    await Promise.all([offline, large, dropped, late])
  })
})
