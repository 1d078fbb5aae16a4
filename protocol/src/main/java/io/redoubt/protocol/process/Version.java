package io.redoubt.protocol.process;

/** The Redis version whose behaviour is implemented, as reported to clients. */
public final class Version {
  /** The value of {@code redis_version} in INFO. */
  public static final String REDIS = "7.2.6";

  private Version() {}
}
