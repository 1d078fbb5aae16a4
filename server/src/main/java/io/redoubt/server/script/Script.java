package io.redoubt.server.script;

/**
 * A compiled script or function.
 *
 * @param reference where the engine keeps the function
 * @param name what errors call it: a script's SHA-1, a function's name
 */
public record Script(int reference, String name) {}
