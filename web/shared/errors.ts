/** What the server, the wire or the network refused, and which words of the locale say so. */

/** A refusal with a stable `code`; `fields` are safe to show. `status` is 0 when no answer came. */
export class ApiError extends Error {
  constructor(
    public code: string,
    public fields: Record<string, unknown> = {},
    public status = 0,
  ) {
    super(code)
    this.name = 'ApiError'
  }
}

/** Any thrown thing as an ApiError, so that a page has one kind of error to show. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError('unknown', { detail: String((error as Error)?.message || error) })
}

/** Locale keys to try, most exact first: problem.<code>.<reason>, problem.<code>, problem.unknown. */
export function problemKeys(error: unknown): string[] {
  const { code, fields } = asApiError(error)
  const keys = ['problem.' + code, 'problem.unknown']
  return typeof fields.reason === 'string' ? ['problem.' + code + '.' + fields.reason, ...keys] : keys
}
