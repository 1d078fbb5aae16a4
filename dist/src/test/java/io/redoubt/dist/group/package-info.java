/** Tests of groups of servers and sentinels within the test's process. */
@NullMarked
package io.redoubt.dist.group;

import org.jspecify.annotations.NullMarked;
