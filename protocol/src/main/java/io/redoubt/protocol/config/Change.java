package io.redoubt.protocol.config;

/**
 * What a subsystem does after CONFIG SET has changed a directive. One change added to several
 * directives runs once for a CONFIG SET that changes more than one of them.
 */
@FunctionalInterface
public interface Change {
  /**
   * Takes over the values, which can be read from the directives already. After a refusal it is
   * called again with the values of before.
   *
   * @throws RefusedValue to have the whole CONFIG SET undone and answered with this reason
   */
  void apply() throws RefusedValue;
}
