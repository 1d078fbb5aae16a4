/**
 * A replica's side of replication: the link to its master, the attempts to connect it, the transfer
 * of the data set, and the stream, applied at once or buffered until the data set is loaded. Start
 * reading at {@link io.redoubt.server.replication.replica.MasterLink}. Knows no replica of this
 * server; imports only the membership of {@code group}, whose state it reports.
 */
@NullMarked
package io.redoubt.server.replication.replica;

import org.jspecify.annotations.NullMarked;
