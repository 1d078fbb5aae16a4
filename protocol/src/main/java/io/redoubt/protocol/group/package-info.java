/**
 * The configuration of the group of servers that acknowledge writes, and the messages about it
 * between masters, replicas and sentinels. Pure data. Start reading at {@link
 * io.redoubt.protocol.group.GroupConfig}; imports nothing.
 */
@NullMarked
package io.redoubt.protocol.group;

import org.jspecify.annotations.NullMarked;
