/**
 * The input of one client: requests that were read but not executed yet, and the client's share of
 * a turn. Start reading at {@link io.redoubt.protocol.session.input.ClientInput}. Knows no client.
 */
@NullMarked
package io.redoubt.protocol.session.input;

import org.jspecify.annotations.NullMarked;
