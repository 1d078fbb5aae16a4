package io.redoubt.protocol.session;

/**
 * How much unsent output a client may have. Zero means no limit.
 *
 * @param hardBytes closed at once beyond this
 * @param softBytes closed when beyond this for longer than softSeconds
 * @param softSeconds see softBytes
 */
public record OutputLimit(long hardBytes, long softBytes, int softSeconds) {
  /** No limit. */
  public static final OutputLimit NONE = new OutputLimit(0, 0, 0);
}
