import { policies, type types } from 'cassandra-driver';

type Decision = policies.retry.DecisionInfo;
type Attempt = policies.retry.OperationInfo;
/** What leaves it as it is, though the driver's types do not know that. */
const SAME_CONSISTENCY = undefined as unknown as types.consistencies;

/**
 * One more attempt, at another node, whatever went wrong: with the driver's own policy a request visits every node of
 * the ring, each for a timeout. Only what is idempotent is tried again (R19).
 */
export class RetryOnce extends policies.retry.RetryPolicy {
  override onReadTimeout(attempt: Attempt): Decision {
    return this.#again(attempt);
  }

  override onWriteTimeout(attempt: Attempt): Decision {
    return this.#again(attempt);
  }

  override onUnavailable(attempt: Attempt): Decision {
    return this.#again(attempt);
  }

  override onRequestError(attempt: Attempt): Decision {
    return this.#again(attempt);
  }

  #again({ nbRetry, executionOptions }: Attempt): Decision {
    if (nbRetry > 0 || !executionOptions.isIdempotent()) return this.rethrowResult();
    return this.retryResult(SAME_CONSISTENCY, false);
  }
}
