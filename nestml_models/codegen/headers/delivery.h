/*
 *  How spikes get from a synapse into the arena.
 *
 *  A synapse holds the row of its target (ArenaTarget). While NEST delivers a spike to the targets of one
 *  neuron, what all have in common is looked up once (Delivery), and the rows of the next targets are
 *  fetched ahead (send_to_targets): together they take more memory than the processor's cache holds.
 *
 *  SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef V1CORTEX_DELIVERY_H
#define V1CORTEX_DELIVERY_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <typeinfo>

#include "arena.h"
#include "dictionary.h"
#include "event.h"
#include "exceptions.h"
#include "kernel_manager.h"
#include "nest_names.h"

namespace v1cortex
{

/**
 * The target of a synapse, as NEST's TargetIdentifierPtrRport, but by its row in the arena of its thread.
 */
template < typename Neuron >
class ArenaTarget
{
public:
  void get_status( Dictionary& d ) const
  {
    if ( has_row() )
    {
      d[ nest::names::rport ] = static_cast< long >( rport_ );
    }
  }

  nest::Node* get_target_ptr( const size_t thread ) const
  {
    return row_ == NO_ROW ? nullptr : Neuron::arenas_[ thread ].neuron( row_ );
  }

  bool has_row() const { return row_ != NO_ROW; }
  uint32_t get_row() const { return row_; }
  size_t get_rport() const { return rport_; }
  void set_rport( const size_t rport ) { rport_ = rport; }

  /** Set the target; another model has no row, and the synapse will refuse it. */
  void set_target( nest::Node* node )
  {
    const Neuron* const neuron = dynamic_cast< const Neuron* >( node );
    if ( neuron and neuron->row_ >= NO_ROW )
    {
      throw nest::KernelException( "A thread can have 16,777,215 neurons of this model: use more threads." );
    }
    row_ = neuron ? neuron->row_ : NO_ROW;
  }

private:
  static constexpr uint32_t NO_ROW = 0xFFFFFF;
  static_assert( Neuron::N_PORTS <= 256 );

  uint32_t row_ : 24 = NO_ROW;
  uint32_t rport_ : 8 = 0;
};

/**
 * A spike on its way to the targets of one source in one thread.
 */
template < typename Neuron >
class Delivery
{
public:
  Delivery( nest::Event& event, const size_t thread )
    : arena( Neuron::arenas_[ thread ] )
    , event_( event )
    , thread_( thread )
    , is_spike_( typeid( event ) == typeid( nest::SpikeEvent ) )
    , slot_( arena.slot(
        event.get_stamp().get_steps() - 1 - nest::kernel().simulation_manager.get_slice_origin().get_steps() ) )
    , multiplicity_( is_spike_ ? static_cast< nest::SpikeEvent& >( event ).get_multiplicity() : 1. )
  {
  }

  /** Ask the processor for the input that a synapse will add to. */
  template < typename Connection >
  void prefetch_input( const Connection& connection )
  {
    __builtin_prefetch( input( connection ), 1 );
  }

  /** Add a weight to the input of a synapse's target; the event has no receiver afterwards. */
  template < typename Connection >
  void add( const Connection& connection, const double weight )
  {
    event_.set_weight( weight );
    event_.set_delay_steps( connection.get_delay_steps() );
    event_.set_rport( connection.get_rport() );
    if ( is_spike_ )
    {
      input( connection )[ connection.get_rport() ] += weight * multiplicity_;
    }
    else
    {
      // Such as those of a poisson_generator, which draws a number of spikes for each target.
      event_.set_receiver( *connection.get_target( thread_ ) );
      event_();
    }
  }

  Arena< Neuron >& arena;

private:
  template < typename Connection >
  double* input( const Connection& connection )
  {
    return arena.input( arena.later_slot( slot_, connection.get_delay_steps() ), connection.get_row() );
  }

  nest::Event& event_;
  const size_t thread_;
  const bool is_spike_;
  const size_t slot_;
  const double multiplicity_;
};

/**
 * Send a spike through all connections with the same source, and return their number, as NEST's Connector
 * does; record( i ) is called after the i-th connection if a weight_recorder is connected.
 */
template < typename Neuron, typename Connections, typename Properties, typename Record >
size_t
send_to_targets( Connections& connections,
  const size_t first,
  nest::Event& event,
  const size_t thread,
  const Properties& properties,
  const bool reads_history,
  const Record record )
{
  Delivery< Neuron > delivery( event, thread );
  const bool is_recorded = properties.get_weight_recorder();
  const size_t n_ahead = std::min( first + 8, connections.size() - 1 );
  for ( size_t i = first + 1; i <= n_ahead; ++i )
  {
    __builtin_prefetch( &connections[ i ], 1 );  // all at once: most sources have a few targets of a type
  }
  size_t far = first;   // the last connection that was fetched, with the history of its target...
  size_t near = first;  // ...and the last with the input of its target
  bool has_more = connections[ first ].source_has_more_targets();
  for ( size_t current = first;; ++current )
  {
    while ( has_more and far < current + 8 )
    {
      ++far;
      if ( far + 8 < connections.size() )
      {
        __builtin_prefetch( &connections[ far + 8 ], 1 );
      }
      if ( reads_history )
      {
        delivery.arena.prefetch_history( connections[ far ].get_row() );
      }
      has_more = connections[ far ].source_has_more_targets();
    }
    while ( near < far and near < current + 4 )
    {
      delivery.prefetch_input( connections[ ++near ] );
    }
    auto& connection = connections[ current ];
    event.set_port( current );
    if ( not connection.is_disabled() )
    {
      connection.send( event, thread, properties, delivery );
      if ( is_recorded )
      {
        event.set_receiver( *connection.get_target( thread ) );
        record( current );
      }
    }
    if ( not connection.source_has_more_targets() )
    {
      return 1 + current - first;
    }
  }
}

/**
 * Send a spike of a device through all connections, as NEST's Connector does.
 */
template < typename Neuron, typename Connections, typename Properties >
void
send_to_all( Connections& connections, nest::Event& event, const size_t thread, const Properties& properties )
{
  Delivery< Neuron > delivery( event, thread );
  const size_t n_connections = connections.size();
  for ( size_t current = 0; current < n_connections; ++current )
  {
    if ( current + 8 < n_connections )
    {
      delivery.prefetch_input( connections[ current + 8 ] );
    }
    event.set_port( current );
    connections[ current ].send( event, thread, properties, delivery );
  }
}

/**
 * Bring synapses up to date, as NEST's Connector does: update( i ) does so with the i-th.
 */
template < typename Neuron, typename Connections, typename Update >
void
update_each( Connections& connections, const size_t thread, const bool reads_history, const Update update )
{
  const Arena< Neuron >& arena = Neuron::arenas_[ thread ];
  const size_t n_connections = connections.size();
  for ( size_t current = 0; current < n_connections; ++current )
  {
    if ( reads_history and current + 8 < n_connections )
    {
      arena.prefetch_history( connections[ current + 8 ].get_row() );
    }
    update( connections[ current ] );
  }
}

}  // namespace v1cortex

#endif
