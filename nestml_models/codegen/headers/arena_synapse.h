/*
 *  A synapse of constant weight whose target is in the arena: as NEST's static_synapse, but smaller, and
 *  it does not touch the neuron.
 *
 *  SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef V1CORTEX_ARENA_SYNAPSE_H
#define V1CORTEX_ARENA_SYNAPSE_H

#include "connection.h"
#include "connector_base.h"
#include "delivery.h"
#include "label.h"

namespace v1cortex
{

template < typename Neuron >
class StaticSynapse : public nest::Connection< ArenaTarget< Neuron > >
{
  typedef nest::Connection< ArenaTarget< Neuron > > Base;

public:
  typedef nest::CommonSynapseProperties CommonPropertiesType;
  static constexpr nest::ConnectionModelProperties properties = nest::ConnectionModelProperties::HAS_DELAY
    | nest::ConnectionModelProperties::IS_PRIMARY | nest::ConnectionModelProperties::SUPPORTS_LBL;

  using Base::get_delay_steps;
  using Base::get_rport;
  using Base::get_target;

  uint32_t get_row() const { return this->target_.get_row(); }
  void set_weight( const double weight ) { weight_ = weight; }

  /** Refuse other targets than this neuron model, and sources that send no spikes. */
  void check_connection( nest::Node& source, nest::Node& target, const size_t receptor, const CommonPropertiesType& )
  {
    SpikesOnly dummy;
    Base::check_connection_( dummy, source, target, receptor );
    if ( not this->target_.has_row() )
    {
      throw nest::IllegalConnection( "This synapse can only be connected to the neuron model of its own module." );
    }
  }

  bool send( nest::Event& event, const size_t thread, const CommonPropertiesType& cp )
  {
    Delivery< Neuron > delivery( event, thread );
    return send( event, thread, cp, delivery );
  }

  bool send( nest::Event&, size_t, const CommonPropertiesType&, Delivery< Neuron >& delivery )
  {
    delivery.add( *this, weight_ );
    return true;
  }

  void get_status( Dictionary& d ) const
  {
    Base::get_status( d );
    d[ nest::names::weight ] = weight_;
    d[ nest::names::size_of ] = static_cast< long >( sizeof( *this ) );
  }

  void set_status( const Dictionary& d, nest::ConnectorModel& model )
  {
    Base::set_status( d, model );
    d.update_value( nest::names::weight, weight_ );
  }

private:
  class SpikesOnly : public nest::ConnTestDummyNodeBase
  {
  public:
    using nest::ConnTestDummyNodeBase::handles_test_event;
    size_t handles_test_event( nest::SpikeEvent&, size_t ) override { return nest::invalid_port; }
    size_t handles_test_event( nest::DSSpikeEvent&, size_t ) override { return nest::invalid_port; }
  };

  double weight_ = 1.;

public:
  Label label_;
};

template < typename Neuron >
constexpr nest::ConnectionModelProperties StaticSynapse< Neuron >::properties;

}  // namespace v1cortex

namespace nest
{
template < typename Neuron >
class ConnectionLabel< v1cortex::StaticSynapse< Neuron > > : public v1cortex::Labelled< v1cortex::StaticSynapse< Neuron > >
{
};
}

#endif
