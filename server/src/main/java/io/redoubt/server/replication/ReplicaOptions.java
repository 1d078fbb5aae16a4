package io.redoubt.server.replication;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.bytes.PlainText;
import io.redoubt.server.replication.stream.FollowedTerm;
import org.jspecify.annotations.Nullable;

/** The options that a client has announced by REPLCONF before it asks for the stream. */
final class ReplicaOptions {
  private int listeningPort;
  private @Nullable String announcedAddress;
  private boolean understandsMark;
  private boolean understandsNewIds;
  private long streamAheadBytes;
  private boolean knowsFieldExpiry;
  private @Nullable FollowedTerm followed;
  private boolean snapshotOnly;
  private boolean withoutKeys;
  private boolean withFunctions = true;

  void listeningPort(int port) {
    listeningPort = port;
  }

  /** Returns the announced port, 0 before it is known. */
  int listeningPort() {
    return listeningPort;
  }

  /** Sets the announced address; it stands between commas in INFO. */
  void announcedAddress(String address) {
    announcedAddress = address.isEmpty() ? null : PlainText.of(IpAddress.canonical(address), " ,=");
  }

  /** Returns the announced address; null for that of its connection. */
  @Nullable String announcedAddress() {
    return announcedAddress;
  }

  void understandsMark() {
    understandsMark = true;
  }

  /** Returns true if a snapshot may end with a mark instead of announcing its length. */
  boolean canTakeMark() {
    return understandsMark;
  }

  void understandsNewIds() {
    understandsNewIds = true;
  }

  /** Returns true if it accepts a new id when it resumes. */
  boolean canTakeNewIds() {
    return understandsNewIds;
  }

  void knowsFieldExpiry() {
    knowsFieldExpiry = true;
  }

  /**
   * Returns true if its snapshot has the expiries of hash fields: it supports them, or it is not a
   * server but wants a file like that of BGSAVE.
   */
  boolean takesFieldExpiry() {
    return knowsFieldExpiry || snapshotOnly;
  }

  void followed(FollowedTerm latest) {
    followed = latest;
  }

  /** Returns the latest master of its group that it has followed, null to follow any. */
  @Nullable FollowedTerm followed() {
    return followed;
  }

  void keepsStreamAhead(long bytes) {
    streamAheadBytes = bytes;
  }

  /**
   * Returns the bytes of stream that it can keep while a snapshot is interleaved with it; 0 when
   * none may be sent, as to a client that does not want a complete full sync.
   */
  long streamAheadBytes() {
    return snapshotOnly || withoutKeys ? 0 : streamAheadBytes;
  }

  void snapshotOnly(boolean on) {
    snapshotOnly = on;
  }

  /** Returns true if it wants no stream after the snapshot. */
  boolean isSnapshotOnly() {
    return snapshotOnly;
  }

  /**
   * Excludes the keys from the snapshot, and the function libraries unless {@code functions} is
   * true.
   */
  void withoutKeys(boolean functions) {
    withoutKeys = true;
    withFunctions = functions;
  }

  /** Returns true if it wants the function libraries. */
  boolean isWithFunctions() {
    return withFunctions;
  }

  /** Returns true if it wants no keys. */
  boolean isWithoutKeys() {
    return withoutKeys;
  }
}
