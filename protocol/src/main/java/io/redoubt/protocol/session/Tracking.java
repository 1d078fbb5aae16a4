package io.redoubt.protocol.session;

import io.redoubt.protocol.bytes.ByteString;
import java.util.Collections;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The client-side caching of one client. {@link TrackedClients} turns it on and off; the flags
 * shown in CLIENT LIST are the client's own.
 */
public final class Tracking {
  /**
   * The options of CLIENT TRACKING ON.
   *
   * @param broadcast receives changed keys by prefix, not the keys that it has read
   * @param optIn tracks only the reads that follow CLIENT CACHING YES
   * @param optOut tracks all reads except the ones that follow CLIENT CACHING NO
   * @param noLoop does not receive the keys that the client itself changes
   * @param redirectId the id of the client that receives the invalidations, 0 for the client itself
   */
  public record Mode(
      boolean broadcast, boolean optIn, boolean optOut, boolean noLoop, long redirectId) {}

  /**
   * The measured heap use of a prefix in addition to its name, here and in {@link TrackedPrefixes}.
   */
  private static final long PREFIX_BYTES = 400;

  private final TreeSet<ByteString> prefixes = new TreeSet<>();
  private Mode mode = new Mode(false, false, false, false, 0);
  private boolean cachingGiven;
  private long nameBytes;

  /** Returns the latest options. */
  public Mode mode() {
    return mode;
  }

  void setMode(Mode newMode) {
    mode = newMode;
  }

  /** Returns true if CLIENT CACHING applies to the next command or transaction. */
  public boolean isCachingGiven() {
    return cachingGiven;
  }

  /** Sets whether CLIENT CACHING applies to the next command or transaction. */
  public void setCachingGiven(boolean given) {
    cachingGiven = given;
  }

  /** Returns the prefixes whose broadcasts the client receives, empty unless it has BCAST. */
  public NavigableSet<ByteString> prefixes() {
    return Collections.unmodifiableNavigableSet(prefixes);
  }

  boolean add(ByteString prefix) {
    if (!prefixes.add(prefix)) {
      return false;
    }
    nameBytes += prefix.length();
    return true;
  }

  /** Returns true if the keys read by the next command must be tracked. */
  boolean remembersReads() {
    return !mode.broadcast() && (mode.optIn() ? cachingGiven : !(mode.optOut() && cachingGiven));
  }

  /** Returns an estimate of the Java heap that it takes, in bytes. */
  long heapBytes() {
    return prefixes.size() * PREFIX_BYTES + nameBytes;
  }
}
