/**
 * Access control lists: users, their rules, permission checks of requests, and the log of denials.
 *
 * <p>May import {@code protocol.bytes}, {@code resp}, {@code command} and {@code process}. Depends
 * on commands and requests but not on clients or channels, so sentinels and scripts can use it,
 * too. Start reading at {@link io.redoubt.protocol.acl.Users}.
 */
@NullMarked
package io.redoubt.protocol.acl;

import org.jspecify.annotations.NullMarked;
