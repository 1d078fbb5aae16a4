/**
 * Access control: users, the rules that they are made of, the check of a request against them, and
 * the log of refusals.
 *
 * <p>May import {@code protocol.bytes}, {@code resp}, {@code command} and {@code process}: it knows
 * commands and requests, but no client and no channel, so that a sentinel and a script can ask it
 * as well.
 */
@NullMarked
package io.redoubt.protocol.acl;

import org.jspecify.annotations.NullMarked;
