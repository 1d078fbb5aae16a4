package io.redoubt.server.loading;

/**
 * Rules for filling a keyspace.
 *
 * @param skipsExpired true on a master, which skips expired keys; a replica leaves expiry to its
 *     master
 * @param replaces true if existing keys are replaced; otherwise they are an error
 * @param comparesChecksum true if the file's checksum is verified ({@code rdbchecksum})
 */
public record LoadRule(boolean skipsExpired, boolean replaces, boolean comparesChecksum) {}
