/**
 * The group of servers that acknowledge writes: this server's membership and promises, the
 * configurations and their quorums, and replies that wait for acknowledgements. Start reading at
 * {@link io.redoubt.server.replication.group.AckGroup}. Imports the feeds of {@code master}; knows
 * nothing of the link to a master.
 */
@NullMarked
package io.redoubt.server.replication.group;

import org.jspecify.annotations.NullMarked;
