/**
 * INFO: sections and fields declared beside the state that they show, rendered as the reply, and
 * countable one by one, so that meters can be made of them.
 *
 * <p>Imports nothing of ours, for every other package may have fields to show.
 */
@NullMarked
package io.redoubt.protocol.info;

import org.jspecify.annotations.NullMarked;
