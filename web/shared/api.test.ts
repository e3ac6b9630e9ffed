import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApi, newKey } from './api'
import { ApiError, asApiError, problemKeys } from './errors'
import { createI18n, preferredLocale } from './i18n'

let answer: () => Promise<Response>
let asked: Array<[string, RequestInit & { headers: Record<string, string> }]>

beforeEach(() => {
  asked = []
  vi.stubGlobal('fetch', (url: string, init: never) => {
    asked.push([url, init])
    return answer()
  })
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function replies(status: number, body: unknown, type = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  answer = async () => new Response(status === 204 ? null : text, { status, headers: { 'Content-Type': type } })
}

describe('api', () => {
  it('sends JSON with the credential and the idempotency key', async () => {
    replies(201, { id: 1 })
    const api = createApi({ credential: () => 'secret' })

    expect(await api.post('/visits', { lang: 'en' }, { key: 'k1' })).toEqual({ id: 1 })
    const [url, init] = asked[0]!
    expect(url).toBe('/api/v1/visits')
    expect(init.body).toBe('{"lang":"en"}')
    expect(init.headers).toMatchObject({ Authorization: 'Bearer secret', 'Idempotency-Key': 'k1' })
    expect(init.credentials).toBe('omit')
  })

  it('marks what staff change and sends their cookie', async () => {
    replies(204, '')
    const api = createApi({ staff: true })
    await api.get('/desk')
    await api.del('/visits/1/steps/2')

    expect(asked[0]![1].headers['X-Requested-With']).toBeUndefined()
    expect(asked[1]![1].headers['X-Requested-With']).toBe('vcounter')
    expect(asked[1]![1].credentials).toBe('same-origin')
  })

  it('uploads a picture as it is and downloads one', async () => {
    replies(200, { accepted: true })
    const api = createApi()
    await api.upload('/image', new Blob(['x'], { type: 'image/jpeg' }))
    replies(200, 'jpeg', 'image/jpeg')

    expect(asked[0]![1].headers['Content-Type']).toBe('image/jpeg')
    expect(await (await api.blob('/images/1')).text()).toBe('jpeg')
  })

  it('turns problem+json into an error with its code and fields', async () => {
    replies(422, { type: 'about:blank', code: 'image_unusable', fields: { reason: 'blurred' } })
    const seen: ApiError[] = []

    await expect(createApi({ onError: (error) => seen.push(error) }).get('/visit')).rejects.toMatchObject({
      code: 'image_unusable', fields: { reason: 'blurred' }, status: 422,
    })
    expect(seen).toHaveLength(1)
  })

  it('takes fields from the problem itself, and the status where there is no problem', async () => {
    replies(409, { code: 'code_wrong', tries_left: 2 })
    await expect(createApi().get('/visit')).rejects.toMatchObject({ fields: { tries_left: 2 } })
    replies(502, '<html>')

    await expect(createApi().get('/visit')).rejects.toMatchObject({ code: 'http_502' })
  })

  it('tells no network and no answer in time apart', async () => {
    answer = () => Promise.reject(new TypeError('failed'))
    await expect(createApi().get('/visit')).rejects.toMatchObject({ code: 'network', status: 0 })
    vi.useFakeTimers()
    answer = () => new Promise(() => {})
    const late = expect(createApi({ timeoutMs: 1000 }).get('/visit')).rejects.toMatchObject({ code: 'timeout' })
    await vi.advanceTimersByTimeAsync(1000)
    await late
  })

  it('makes a new key each time', () => {
    expect(newKey()).toMatch(/^[0-9a-f]{32}$/)
    expect(newKey()).not.toBe(newKey())
  })
})

describe('errors', () => {
  it('name the most exact text first', () => {
    expect(problemKeys(new ApiError('image_unusable', { reason: 'blurred' }))).toEqual([
      'problem.image_unusable.blurred', 'problem.image_unusable', 'problem.unknown',
    ])
    expect(problemKeys(new Error('x'))[0]).toBe('problem.unknown')
    expect(asApiError('x').fields.detail).toBe('x')
  })
})

describe('i18n', () => {
  const texts = {
    'zh-CN': { hello: '您好，{name}', only: '只有中文', 'problem.unknown': '出错了', 'problem.code_wrong': '还可以试 {tries_left} 次' },
    en: { hello: 'Hello, {name}' },
  }

  it('fills places and falls back to the other language, then the key', () => {
    const i18n = createI18n(texts, 'en')

    expect(i18n.t('hello', { name: 'Li' })).toBe('Hello, Li')
    expect(i18n.t('hello')).toBe('Hello, {name}')
    expect(i18n.t('only')).toBe('只有中文')
    expect(i18n.t('missing')).toBe('missing')
    expect(i18n.has('missing')).toBe(false)
  })

  it('tells its listeners of a change until they stop', () => {
    const i18n = createI18n(texts)
    const seen = vi.fn(() => i18n.locale)
    const stop = i18n.onChange(seen)
    i18n.setLocale('en')
    i18n.add('en', { only: 'English too' })
    stop()
    stop()
    i18n.setLocale('zh-CN')

    expect(seen).toHaveBeenCalledTimes(2)
    expect(seen).toHaveReturnedWith('en')
  })

  it('words an error with its fields', () => {
    const i18n = createI18n(texts)

    expect(i18n.problem(new ApiError('code_wrong', { tries_left: 2 }))).toBe('还可以试 2 次')
    expect(i18n.problem(new ApiError('what'))).toBe('出错了')
    expect(createI18n({}).problem('x')).toBe('problem.unknown')
  })

  it('is Chinese unless English is preferred', () => {
    expect(['en-GB', 'zh-TW', 'fr', ''].map((one) => preferredLocale([one]))).toEqual(['en', 'zh-CN', 'zh-CN', 'zh-CN'])
    expect(preferredLocale([])).toBe('zh-CN')
  })
})
