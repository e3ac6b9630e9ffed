/** JSON over fetch: problem+json becomes ApiError, every call has a time-out. */

import { ApiError } from './errors'

export interface ApiOptions {
  /** Default /api/v1 */
  base?: string
  /** Customer mode: the resume credential, sent as a bearer token. */
  credential?: () => string | null
  /** Staff mode: the cookie goes along, and X-Requested-With on everything that changes something. */
  staff?: boolean
  /** Default 15 s. */
  timeoutMs?: number
  /** Called with every error before it is thrown, such as to leave for the login at 401. */
  onError?: (error: ApiError) => void
}

export interface CallInit {
  /** Sent as Idempotency-Key: repeat the same key and the server repeats its stored answer. */
  key?: string
  headers?: Record<string, string>
  timeoutMs?: number
}

export interface Api {
  get<T>(path: string, init?: CallInit): Promise<T>
  post<T>(path: string, body?: unknown, init?: CallInit): Promise<T>
  put<T>(path: string, body: unknown, init?: CallInit): Promise<T>
  del<T>(path: string, init?: CallInit): Promise<T>
  /** A raw body, such as a JPEG; its type is taken from the Blob. */
  upload<T>(path: string, body: Blob, init?: CallInit): Promise<T>
  /** A binary answer, such as an image. */
  blob(path: string, init?: CallInit): Promise<Blob>
}

/** A fresh unguessable name: idempotency keys, tab names. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => ('0' + byte.toString(16)).slice(-2)).join('')
}

export function createApi(options: ApiOptions = {}): Api {
  const base = options.base ?? '/api/v1'

  async function call(method: string, path: string, body?: BodyInit, type = '', init: CallInit = {}) {
    const headers: Record<string, string> = { Accept: 'application/json', ...init.headers }
    const credential = options.credential && options.credential()
    if (credential) headers.Authorization = 'Bearer ' + credential
    if (options.staff && method !== 'GET') headers['X-Requested-With'] = 'vcounter'
    if (init.key) headers['Idempotency-Key'] = init.key
    if (type) headers['Content-Type'] = type
    try {
      const answer = await timed(init.timeoutMs ?? options.timeoutMs ?? 15000, (signal) =>
        fetch(base + path, {
          method,
          headers,
          body,
          signal,
          credentials: options.staff ? 'same-origin' : 'omit',
          cache: 'no-store',
        }),
      )
      if (!answer.ok) throw await problem(answer)
      return answer
    } catch (error) {
      const known = error instanceof ApiError ? error : new ApiError('network')
      if (options.onError) options.onError(known)
      throw known
    }
  }

  async function json<T>(answer: Promise<Response>): Promise<T> {
    const text = await (await answer).text()
    return (text ? JSON.parse(text) : undefined) as T
  }

  return {
    get: (path, init) => json(call('GET', path, undefined, '', init)),
    post: (path, body, init) =>
      json(call('POST', path, body === undefined ? undefined : JSON.stringify(body), 'application/json', init)),
    put: (path, body, init) => json(call('PUT', path, JSON.stringify(body), 'application/json', init)),
    del: (path, init) => json(call('DELETE', path, undefined, '', init)),
    upload: (path, body, init) => json(call('POST', path, body, body.type, { timeoutMs: 60000, ...init })),
    blob: async (path, init) => (await call('GET', path, undefined, '', init)).blob(),
  }
}

/** AbortController is missing before Chrome 66: there the request is merely given up. */
async function timed(ms: number, run: (signal?: AbortSignal) => Promise<Response>): Promise<Response> {
  const abort = typeof AbortController === 'undefined' ? undefined : new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ApiError('timeout'))
      if (abort) abort.abort()
    }, ms)
  })
  try {
    return await Promise.race([run(abort && abort.signal), late])
  } finally {
    clearTimeout(timer)
  }
}

async function problem(answer: Response): Promise<ApiError> {
  let body: Record<string, unknown> = {}
  try {
    body = (await answer.json()) || {}
  } catch {
    // A proxy answered with a page instead of problem+json: the status must do.
  }
  const { code, fields, ...rest } = body
  return new ApiError(
    typeof code === 'string' ? code : 'http_' + answer.status,
    fields && typeof fields === 'object' ? (fields as Record<string, unknown>) : rest,
    answer.status,
  )
}
