package io.redoubt.server.replication.master;

import io.redoubt.protocol.bytes.IpAddress;
import io.redoubt.protocol.bytes.PlainText;
import io.redoubt.server.replication.stream.FollowedTerm;
import org.jspecify.annotations.Nullable;

/** The options that a client has announced by REPLCONF before it requests a sync. */
public final class ReplicaOptions {
  private int listeningPort;
  private @Nullable String announcedAddress;
  private boolean understandsMark;
  private boolean understandsNewIds;
  private long streamAheadBytes;
  private boolean knowsFieldExpiry;
  private int databases = 1;
  private @Nullable FollowedTerm followed;
  private boolean snapshotOnly;
  private boolean withoutKeys;
  private boolean withFunctions = true;

  public void setListeningPort(int port) {
    listeningPort = port;
  }

  /** Returns the announced port, 0 if none was announced. */
  public int listeningPort() {
    return listeningPort;
  }

  /** Sets the announced address; INFO shows it between commas, so these are removed. */
  public void setAnnouncedAddress(String address) {
    announcedAddress = address.isEmpty() ? null : PlainText.of(IpAddress.canonical(address), " ,=");
  }

  /** Returns the announced address, null to use the connection's. */
  public @Nullable String announcedAddress() {
    return announcedAddress;
  }

  public void acceptMark() {
    understandsMark = true;
  }

  /** Returns true if a snapshot may end with a mark instead of announcing its length. */
  public boolean canTakeMark() {
    return understandsMark;
  }

  public void acceptNewIds() {
    understandsNewIds = true;
  }

  /** Returns true if it accepts a new id when it resumes. */
  boolean canTakeNewIds() {
    return understandsNewIds;
  }

  public void acceptFieldExpiry() {
    knowsFieldExpiry = true;
  }

  /**
   * Returns true if its snapshot includes the expiries of hash fields: it supports them, or it is
   * not a server but a tool that requests a file as BGSAVE writes it.
   */
  boolean takesFieldExpiry() {
    return knowsFieldExpiry || snapshotOnly;
  }

  public void setDatabases(int count) {
    databases = count;
  }

  /** Returns the number of databases that it has as a cluster node, 1 if it announced none. */
  public int databases() {
    return databases;
  }

  public void setFollowed(FollowedTerm latest) {
    followed = latest;
  }

  /**
   * Returns the latest term that it has followed in its group, null if it may follow any master.
   */
  public @Nullable FollowedTerm followed() {
    return followed;
  }

  public void setStreamAheadBytes(long bytes) {
    streamAheadBytes = bytes;
  }

  /**
   * Returns the bytes of the stream that it can buffer during an interleaved snapshot; 0 if the
   * stream must not be interleaved, as for a client that requests only a snapshot.
   */
  long streamAheadBytes() {
    return snapshotOnly || withoutKeys ? 0 : streamAheadBytes;
  }

  public void setSnapshotOnly(boolean on) {
    snapshotOnly = on;
  }

  /** Returns true if it requests a snapshot without the stream. */
  public boolean isSnapshotOnly() {
    return snapshotOnly;
  }

  /**
   * Excludes the keys from the snapshot, and the function libraries unless {@code functions} is
   * true.
   */
  public void excludeKeys(boolean functions) {
    withoutKeys = true;
    withFunctions = functions;
  }

  /** Returns true if it requests the function libraries. */
  boolean isWithFunctions() {
    return withFunctions;
  }

  /** Returns true if it requests no keys. */
  public boolean isWithoutKeys() {
    return withoutKeys;
  }
}
