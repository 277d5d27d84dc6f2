export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}

/** RFC 9457: `detail` says what was wrong, what was expected and what to do. */
export function problem(status: number, title: string, detail: string): ProblemBody {
  return { type: "about:blank", title, status, detail };
}
