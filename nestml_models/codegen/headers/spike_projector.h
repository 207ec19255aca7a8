/*
 *  Many sources of spikes, with all of their synapses of constant weight, in one device.
 *
 *  In place of a spike_generator for each source: NEST asks every generator in every step, and each spike
 *  goes through all synapse models. Here the spikes of a step are added to the input in the arena (arena.h)
 *  directly, source after source, which is the order of generators that were made one after the other. So
 *  the sums are the same to the last bit.
 *
 *  SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef V1CORTEX_SPIKE_PROJECTOR_H
#define V1CORTEX_SPIKE_PROJECTOR_H

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "arena.h"
#include "delay_checker.h"
#include "device_node.h"
#include "dictionary.h"
#include "event.h"
#include "exceptions.h"
#include "nest_names.h"

namespace v1cortex
{

/**
 * Each thread has one of each device, which knows the synapses onto the thread's neurons.
 */
template < typename Neuron >
class SpikeProjector : public nest::DeviceNode
{
public:
  SpikeProjector() = default;
  SpikeProjector( const SpikeProjector& other )
    : nest::DeviceNode( other )
  {
  }

  bool has_proxies() const override { return false; }
  std::string get_element_type() const override { return nest::names::stimulator; }

  void get_status( Dictionary& d ) const override
  {
    d[ "n_sources" ] = static_cast< long >( first_.empty() ? 0 : first_.size() - 1 );
    d[ "n_synapses" ] = static_cast< long >( synapses_.size() );
    d[ "delay" ] = nest::Time::delay_steps_to_ms( delay_ );
    d[ "sum_of_weights" ] = sum_of_weights();
  }

  /** Set the synapses, the spikes, or both; each replaces what was set before. */
  void set_status( const Dictionary& d ) override
  {
    double delay_ms;
    if ( d.update_value( "delay", delay_ms ) )
    {
      nest::kernel().connection_manager.get_delay_checker().assert_valid_delay_ms( delay_ms );
      delay_ = nest::Time::delay_ms_to_steps( delay_ms );
    }
    std::vector< long > sources, targets, receptors;
    std::vector< double > weights;
    if ( d.update_value( "sources", sources ) )
    {
      d.update_value( "targets", targets );
      d.update_value( "receptors", receptors );
      d.update_value( "weights", weights );
      set_synapses( sources, targets, receptors, weights );
    }
    std::vector< long > spike_sources, spike_steps, multiplicities;
    if ( d.update_value( "spike_sources", spike_sources ) )
    {
      d.update_value( "spike_steps", spike_steps );
      d.update_value( "spike_multiplicities", multiplicities );
      set_spikes( spike_sources, spike_steps, multiplicities );
    }
  }

private:
  struct Synapse
  {
    uint32_t row;
    uint32_t port;
    double weight;
  };
  struct Spike
  {
    long step;  // at the end of which it is sent
    uint32_t source;
    uint32_t multiplicity;
  };

  void init_state_() override {}
  void init_buffers_() override {}
  void pre_run_hook() override {}

  void update( const nest::Time& origin, const long from, const long to ) override
  {
    Arena< Neuron >& arena = Neuron::arenas_[ get_thread() ];
    const long first_step = origin.get_steps() + from + 1;
    while ( next_ < spikes_.size() and spikes_[ next_ ].step < first_step )
    {
      ++next_;
    }
    for ( ; next_ < spikes_.size() and spikes_[ next_ ].step <= origin.get_steps() + to; ++next_ )
    {
      const Spike& spike = spikes_[ next_ ];
      const size_t slot = arena.slot( spike.step - 1 - origin.get_steps() + delay_ );
      const double multiplicity = spike.multiplicity;
      const size_t end = first_[ spike.source + 1 ];
      for ( size_t i = first_[ spike.source ]; i < end; ++i )
      {
        if ( i + 8 < end )
        {
          __builtin_prefetch( arena.input( slot, synapses_[ i + 8 ].row ), 1 );
        }
        arena.input( slot, synapses_[ i ].row )[ synapses_[ i ].port ] += synapses_[ i ].weight * multiplicity;
      }
    }
  }

  double sum_of_weights() const
  {
    double sum = 0.;
    for ( const Synapse& each : synapses_ )
    {
      sum += each.weight;
    }
    return sum;
  }

  static void require( const bool is_so, const char* message )
  {
    if ( not is_so )
    {
      throw nest::BadProperty( message );
    }
  }

  /** Keep the synapses onto neurons of this thread; those of a source in the order given. */
  void set_synapses( const std::vector< long >& sources,
    const std::vector< long >& targets,
    const std::vector< long >& receptors,
    const std::vector< double >& weights )
  {
    const size_t n = sources.size();
    require( targets.size() == n and receptors.size() == n and weights.size() == n,
      "sources, targets, receptors and weights must have one value for each synapse." );
    require( std::is_sorted( sources.begin(), sources.end() ) and ( n == 0 or sources.front() >= 0 ),
      "sources must be numbers from 0 on, in increasing order." );
    require( not is_model_prototype(), "Synapses belong to a device, not to its model." );
    std::vector< size_t > first;
    std::vector< Synapse > synapses;
    for ( size_t i = 0; i < n; ++i )
    {
      first.resize( sources[ i ] + 1, synapses.size() );
      nest::Node* const node = nest::kernel().node_manager.get_node_or_proxy( targets[ i ], get_thread() );
      if ( node->is_proxy() )
      {
        continue;  // on another thread
      }
      Neuron* const neuron = dynamic_cast< Neuron* >( node );
      require( neuron, "targets must be neurons of the model that this device is for." );
      nest::SpikeEvent event;
      const size_t port = neuron->handles_test_event( event, receptors[ i ] );
      synapses.push_back( { neuron->row_, static_cast< uint32_t >( port ), weights[ i ] } );
    }
    first.push_back( synapses.size() );
    first_.swap( first );
    synapses_.swap( synapses );
    spikes_.clear();
    next_ = 0;
  }

  void set_spikes( const std::vector< long >& sources, const std::vector< long >& steps, const std::vector< long >& multiplicities )
  {
    require( steps.size() == sources.size() and multiplicities.size() == sources.size(),
      "spike_sources, spike_steps and spike_multiplicities must have one value for each spike." );
    std::vector< Spike > spikes;
    for ( size_t i = 0; i < sources.size(); ++i )
    {
      require( sources[ i ] >= 0, "spike_sources must be numbers from 0 on." );
      require( multiplicities[ i ] >= 0 and multiplicities[ i ] <= std::numeric_limits< uint32_t >::max(),
        "spike_multiplicities must not be negative." );
      require( i == 0 or steps[ i - 1 ] < steps[ i ] or ( steps[ i - 1 ] == steps[ i ] and sources[ i - 1 ] < sources[ i ] ),
        "Spikes must be in the order of steps, then sources; a source has one in a step." );
      if ( static_cast< size_t >( sources[ i ] ) + 1 < first_.size() )  // others have no synapses
      {
        spikes.push_back( { steps[ i ], static_cast< uint32_t >( sources[ i ] ), static_cast< uint32_t >( multiplicities[ i ] ) } );
      }
    }
    spikes_.swap( spikes );
    next_ = 0;
  }

  long delay_ = 1;                   // in steps
  std::vector< size_t > first_;      // of the synapses of each source, and their end
  std::vector< Synapse > synapses_;
  std::vector< Spike > spikes_;
  size_t next_ = 0;
};

}  // namespace v1cortex

#endif
