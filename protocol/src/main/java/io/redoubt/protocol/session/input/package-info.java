/**
 * The input of one client: received but not executed requests, and the client's share of a turn.
 * Start reading at {@link io.redoubt.protocol.session.input.ClientInput}. Has no access to the
 * client.
 */
@NullMarked
package io.redoubt.protocol.session.input;

import org.jspecify.annotations.NullMarked;
