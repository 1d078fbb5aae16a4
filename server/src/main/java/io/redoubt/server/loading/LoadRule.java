package io.redoubt.server.loading;

/**
 * How a keyspace is filled.
 *
 * @param skipsExpired whether keys whose time is over are left out: on a master; a replica leaves
 *     that to its master
 * @param replaces whether a key may be there already and is replaced then; otherwise that is an
 *     error
 * @param comparesChecksum whether the file's checksum is compared ({@code rdbchecksum})
 */
public record LoadRule(boolean skipsExpired, boolean replaces, boolean comparesChecksum) {}
