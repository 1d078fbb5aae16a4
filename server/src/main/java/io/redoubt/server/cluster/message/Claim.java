package io.redoubt.server.cluster.message;

import io.redoubt.server.cluster.slot.SlotSet;

/**
 * The slots that a master owns, or that it claims in a message.
 *
 * @param configEpoch the config epoch; of two claims to a slot, the one with the greater epoch wins
 * @param slots must not be changed
 */
public record Claim(long configEpoch, SlotSet slots) {}
