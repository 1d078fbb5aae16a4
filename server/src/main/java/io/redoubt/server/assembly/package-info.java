/**
 * Builds a data server: its parts, commands, INFO sections and the effects of its directives. Start
 * reading at {@link io.redoubt.server.assembly.ServerParts}, whose constructor is the order of
 * construction: data, clients, persistence, replication. May import any package of the server; only
 * {@link io.redoubt.server.RedisServer} imports it.
 */
@NullMarked
package io.redoubt.server.assembly;

import org.jspecify.annotations.NullMarked;
