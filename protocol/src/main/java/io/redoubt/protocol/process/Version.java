package io.redoubt.protocol.process;

/** The version of Redis whose behaviour is offered: what clients are told and gate on. */
public final class Version {
  /** As in {@code redis_version} of INFO. */
  public static final String REDIS = "7.2.6";

  private Version() {}
}
