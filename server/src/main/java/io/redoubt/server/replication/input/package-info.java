/**
 * The input from a master: the connection's address and options, and the stream, decoded at once or
 * kept until the data set is loaded. Start reading at {@link
 * io.redoubt.server.replication.input.MasterStream}. Knows no state of replication.
 */
@NullMarked
package io.redoubt.server.replication.input;

import org.jspecify.annotations.NullMarked;
