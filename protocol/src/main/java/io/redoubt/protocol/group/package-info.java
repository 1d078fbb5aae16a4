/**
 * Messages of masters, replicas and sentinels about the group of servers that acknowledge writes.
 * Pure. Start reading at {@link io.redoubt.protocol.group.GroupConfig}; imports nothing.
 */
@NullMarked
package io.redoubt.protocol.group;

import org.jspecify.annotations.NullMarked;
