/**
 * The input from a master: the connection's address and options, and the stream, decoded at once or
 * buffered until the data set is loaded. Start reading at {@link
 * io.redoubt.server.replication.input.MasterStream}. Has no access to the state of replication.
 */
@NullMarked
package io.redoubt.server.replication.input;

import org.jspecify.annotations.NullMarked;
