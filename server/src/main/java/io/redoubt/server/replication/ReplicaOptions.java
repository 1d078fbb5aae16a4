package io.redoubt.server.replication;

import org.jspecify.annotations.Nullable;

/** What a client has told about itself as a replica by REPLCONF, before it asks for the stream. */
final class ReplicaOptions {
  private int listeningPort;
  private @Nullable String announcedAddress;
  private boolean understandsMark;
  private boolean understandsNewIds;
  private long streamAheadBytes;
  private boolean knowsFieldExpiry;
  private boolean snapshotOnly;
  private boolean withoutKeys;
  private boolean withFunctions = true;

  void listeningPort(int port) {
    listeningPort = port;
  }

  /** The port on which it can be reached, 0 before it has told. */
  int listeningPort() {
    return listeningPort;
  }

  void announcedAddress(String address) {
    announcedAddress = address.isEmpty() ? null : address;
  }

  /** The address that it wants to be known by; null for that of its connection. */
  @Nullable String announcedAddress() {
    return announcedAddress;
  }

  void understandsMark() {
    understandsMark = true;
  }

  /** Whether a snapshot may end with a mark in place of its length being told first. */
  boolean canTakeMark() {
    return understandsMark;
  }

  void understandsNewIds() {
    understandsNewIds = true;
  }

  /** Whether it can be told a new id when it resumes. */
  boolean canTakeNewIds() {
    return understandsNewIds;
  }

  void knowsFieldExpiry() {
    knowsFieldExpiry = true;
  }

  /**
   * Returns true if a snapshot for it keeps the expiries of hash fields: it knows them, or it is no
   * server but wants a file like that of BGSAVE.
   */
  boolean takesFieldExpiry() {
    return knowsFieldExpiry || snapshotOnly;
  }

  void keepsStreamAhead(long bytes) {
    streamAheadBytes = bytes;
  }

  /**
   * How much of the stream it keeps that comes along with a snapshot; 0 when none may come, as to
   * one that wants something else than a whole synchronisation.
   */
  long streamAheadBytes() {
    return snapshotOnly || withoutKeys ? 0 : streamAheadBytes;
  }

  void snapshotOnly(boolean on) {
    snapshotOnly = on;
  }

  /** Whether it wants no stream after the snapshot. */
  boolean isSnapshotOnly() {
    return snapshotOnly;
  }

  /** Has the snapshot hold no keys, and the libraries of functions or not even those. */
  void withoutKeys(boolean functions) {
    withoutKeys = true;
    withFunctions = functions;
  }

  /** Whether it wants the libraries of functions. */
  boolean isWithFunctions() {
    return withFunctions;
  }

  /** Whether it wants no keys. */
  boolean isWithoutKeys() {
    return withoutKeys;
  }
}
